#!/bin/bash
# Copies etcd to a place outside the cluster. Runs on each etcd node, started by etcd-backup.timer.
# A snapshot holds every Secret of the cluster: only its encrypted form leaves this directory.
set -euo pipefail
umask 077

pki=/etc/kubernetes/pki/etcd
recipients=/etc/etcd-backup/recipients.txt
work=$(mktemp --directory /var/lib/etcd-backup/run.XXXXXXXX)
trap 'rm -rf -- "$work"' EXIT
name=$(hostname)-$(date -u +%Y%m%dT%H%M%SZ).db

etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/ca.crt" --cert "$pki/healthcheck-client.crt" --key "$pki/healthcheck-client.key" snapshot save "$work/$name"
etcdutl snapshot status "$work/$name"
age --encrypt --recipients-file "$recipients" --output "$work/$name.age" "$work/$name"
rm -f -- "$work/$name"
rclone copyto --config /etc/etcd-backup/rclone.conf --no-check-dest "$work/$name.age" backup:'astronomy-backups/etcd'"/$name.age"
