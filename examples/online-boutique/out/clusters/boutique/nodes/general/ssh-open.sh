#!/bin/sh
# bartizan-ssh-open 30m REASON    lets those log in by SSH whom the firewall names, for so many minutes
# bartizan-ssh-open close         ends it early; sessions that are open go on
#
# For root at the machine's console: nothing reaches sshd before. The port stands in a set of the firewall, from which the
# kernel takes it when the time is over; a restart of the machine or the firewall empties the set. Both are logged.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
    echo "bartizan-ssh-open: $*" >&2
    exit 1
}

case $#:${1:-} in
1:close)
    nft flush set inet bartizan ssh_open
    logger -p auth.notice "ssh-open: closed"
    ;;
2:[1-9]m | 2:[1-9][0-9]m | 2:1[01][0-9]m | 2:120m)
    [ -n "$2" ] || die "a reason is missing"
    # Who opens it is told by the login at the console and by auditd, which watches nft.
    logger -p auth.notice "ssh-open: open for $1: $2"
    # One transaction: the time begins anew if it is open already.
    nft "flush set inet bartizan ssh_open; add element inet bartizan ssh_open { 22 timeout $1 }"
    echo "bartizan-ssh-open: SSH is open for $1 and then closes by itself; look with: nft list set inet bartizan ssh_open"
    ;;
*) die "usage: bartizan-ssh-open 1m to 120m REASON | close" ;;
esac
