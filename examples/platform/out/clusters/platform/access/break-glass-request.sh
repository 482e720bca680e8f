#!/bin/sh
# break-glass-request.sh TEAM PERSON
# Makes a key and a certificate request in the current directory, on the device that will use them. The request goes
# to an approver; the certificate that comes back is saved as break-glass.crt. Delete all three afterwards.
set -eu
umask 077
[ $# -eq 2 ] || {
    echo "usage: $0 TEAM PERSON" >&2
    exit 2
}
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout break-glass.key -subj "/CN=break-glass:$1:$2" -out break-glass.csr
cat break-glass.csr
