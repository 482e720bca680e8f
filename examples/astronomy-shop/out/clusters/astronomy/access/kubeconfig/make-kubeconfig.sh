#!/bin/sh
# make-kubeconfig.sh CA.crt > ~/.kube/NAME
# Puts the cluster's certificate authority into kubeconfig.yaml. CA.crt is /etc/kubernetes/pki/ca.crt of a control-plane
# node: a public file, but one that must come to you unchanged. Compare the fingerprint with the one you were told.
set -eu
[ $# -eq 1 ] || {
    echo "usage: $0 CA.crt" >&2
    exit 2
}
config=$(mktemp)
trap 'rm -f "$config"' EXIT
cat "$(dirname "$0")/kubeconfig.yaml" >"$config"
openssl x509 -in "$1" -noout -fingerprint -sha256 >&2
kubectl --kubeconfig "$config" config set-cluster 'astronomy' --certificate-authority="$1" --embed-certs=true >&2
cat "$config"
