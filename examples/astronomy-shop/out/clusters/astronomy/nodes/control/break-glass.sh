#!/bin/sh
# bartizan-break-glass request TEAM REASON < REQUEST.csr    asks for emergency access, for oneself
# bartizan-break-glass grant TEAM PERSON                    gives it, for the declared hours
# bartizan-break-glass end TEAM PERSON                      ends it early
#
# Runs on a control-plane node, with sudo, from two people's own accounts: one of the team asks, one of an approving team
# gives; /etc/bartizan/break-glass.conf says who approves for whom, and for how long. The person gets a client
# certificate that expires by itself, for a user that has rights through one binding only; the binding is deleted when
# the time is over. Nothing of it stands in Git.
set -eu
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
KUBECONFIG=/etc/kubernetes/admin.conf
export PATH KUBECONFIG
config=/etc/bartizan/break-glass.conf

die() {
    echo "bartizan-break-glass: $*" >&2
    exit 1
}

in_team() {
    id -nG "$1" | tr ' ' '\n' | grep -qxF "team-$2"
}

who=${SUDO_USER:-}
case $#:${1:-} in
3:request) action=request team=$2 person=$who reason=$3 ;;
3:grant | 3:end | 3:expire) action=$1 team=$2 person=$3 reason= ;;
*) die "usage: request TEAM REASON < REQUEST.csr | grant TEAM PERSON | end TEAM PERSON" ;;
esac
case $team$person in
*[!a-z0-9-]*) die "names are lower-case letters, digits and hyphens" ;;
esac
hours=$(awk -v team="$team" '$1 == team { print $2 }' "$config")
approvers=$(awk -v team="$team" '$1 == team { print $3 }' "$config" | tr , ' ')
[ -n "$hours" ] || die "team $team has no emergency access"
user=break-glass:$team:$person
object=break-glass-$team-$person
requests=/var/lib/bartizan-break-glass
csr=$requests/$team.$person.csr

# The timer calls this script without sudo; everybody else must be who may do it.
if [ "$action" != expire ]; then
    [ -n "$who" ] || die "run it with sudo from your own account"
fi
case $action in
request)
    in_team "$who" "$team" || die "$who is not in team $team"
    [ -n "$reason" ] || die "a reason is missing"
    ;;
grant | end)
    [ "$who" != "$person" ] || die "nobody approves for himself"
    if in_team "$who" "$team"; then die "approval must come from another team than $team"; fi
    allowed=
    for t in $approvers; do
        if in_team "$who" "$t"; then allowed=yes; fi
    done
    [ -n "$allowed" ] || die "$who is in none of: $approvers"
    ;;
esac

case $action in
request)
    install -d -m 0700 "$requests"
    cat >"$csr"
    printf '%s\n' "$reason" >"$requests/$team.$person.reason"
    logger -p auth.notice "break-glass: $who of $team asks: $reason"
    echo "asked: one of $approvers now runs: sudo bartizan-break-glass grant $team $person"
    ;;
grant)
    # A request is used once, within the hour; only the person's own account can have left it.
    [ -n "$(find "$csr" -mmin -60 2>/dev/null)" ] || die "$person has not asked within the last hour"
    reason=$(cat "$requests/$team.$person.reason")
    # The signature proves possession of the key; the name must be exactly this one, without groups.
    subject=$(openssl req -in "$csr" -verify -noout -subject -nameopt RFC2253 2>/dev/null) || die "this is no certificate request"
    [ "$subject" = "subject=CN=$user" ] || die "the request names $subject, not subject=CN=$user"
    request=$(base64 -w 0 "$csr")
    rm -f "$csr" "$requests/$team.$person.reason"
    kubectl delete clusterrolebinding "$object" --ignore-not-found >&2
    kubectl delete csr "$object" --ignore-not-found >&2
    kubectl create -f - >&2 <<END
{
  "apiVersion": "certificates.k8s.io/v1",
  "kind": "CertificateSigningRequest",
  "metadata": {"name": "$object"},
  "spec": {
    "request": "$request",
    "signerName": "kubernetes.io/kube-apiserver-client",
    "expirationSeconds": $((hours * 3600)),
    "usages": ["client auth"]
  }
}
END
    kubectl certificate approve "$object" >&2
    certificate=
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        certificate=$(kubectl get csr "$object" -o 'jsonpath={.status.certificate}')
        [ -z "$certificate" ] || break
        sleep 1
    done
    [ -n "$certificate" ] || die "the certificate was not signed"
    # The end is arranged before the beginning.
    systemctl stop "$object.timer" 2>/dev/null || true
    systemd-run --quiet --on-active="${hours}h" --unit="$object" /usr/local/sbin/bartizan-break-glass expire "$team" "$person"
    logger -p auth.notice "break-glass: $who gives $person of $team cluster-admin for $hours hours: $reason"
    kubectl create clusterrolebinding "$object" --clusterrole=cluster-admin --user="$user" >&2
    kubectl annotate clusterrolebinding "$object" "bartizan.dev/approved-by=$who" "bartizan.dev/reason=$reason" >&2
    printf '%s' "$certificate" | base64 -d
    ;;
end | expire)
    kubectl delete clusterrolebinding "$object" --ignore-not-found
    kubectl delete csr "$object" --ignore-not-found
    systemctl stop "$object.timer" 2>/dev/null || true
    logger -p auth.notice "break-glass: ended for $person of $team by ${who:-its timer}"
    ;;
esac
