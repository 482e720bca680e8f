#!/bin/sh
# bartizan-ssh-user add NAME TEAM < KEY.pub    lets a person log in with that key
# bartizan-ssh-user remove NAME                ends it, and every session of that person
# Keys stand where only root writes: /etc/ssh/authorized_keys/NAME.
set -eu
keys=/etc/ssh/authorized_keys
group='bartizan-ssh'

usage() {
    echo "usage: $0 add NAME TEAM < KEY.pub | remove NAME" >&2
    exit 2
}

[ $# -ge 2 ] || usage
case $2 in
'' | -* | root | *[!a-z0-9-]*)
    echo "$0: name $2: use lower-case letters, digits and hyphens" >&2
    exit 2
    ;;
esac

case $1 in
add)
    [ $# -eq 3 ] || usage
    case $3 in
    'platform') ;;
    'security') ;;
    *)
        echo "$0: no team $3 is declared" >&2
        exit 2
        ;;
    esac
    read -r type key _
    case $type in
    sk-ssh-ed25519@openssh.com | sk-ecdsa-sha2-nistp256@openssh.com | ssh-ed25519 | ssh-rsa) ;;
    *)
        echo "$0: key type $type is not accepted" >&2
        exit 1
        ;;
    esac
    umask 022
    new=$(mktemp "$keys/.new.XXXXXX")
    trap 'rm -f "$new"' EXIT
    printf '%s %s %s\n' "$type" "$key" "$2" >"$new"
    ssh-keygen -l -f "$new"
    groupadd -f -r "$group"
    groupadd -f -r "team-$3"
    id "$2" >/dev/null 2>&1 || useradd -m -s /bin/bash "$2"
    usermod -G "$group,team-$3" -e "" "$2"
    chmod 0644 "$new"
    mv "$new" "$keys/$2"
    trap - EXIT
    ;;
remove)
    rm -f "$keys/$2"
    if id "$2" >/dev/null 2>&1; then
        usermod -L -e 1 "$2"
        usermod -G "" "$2"
        loginctl terminate-user "$2" || true
    fi
    ;;
*) usage ;;
esac
