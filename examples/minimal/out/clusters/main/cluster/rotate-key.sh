#!/bin/sh
# Replaces the key that encrypts Secrets in etcd, in steps that each refuse to begin before the last one is complete on
# every control-plane node. Run it as root on cp-1; README.md has the whole procedure. Each step may be run again.
#   status   says which step is next, and which API servers have loaded this node's file
#   add      makes a new key and writes it behind the old one: it can be read with, and is not used yet
#   promote  puts the new key in front: what is written from now on is encrypted with it
#   rewrite  writes every Secret and ConfigMap anew, so that nothing is left under the old key
#   drop     removes the old key
#   send     writes this node's file to standard output, for "take" on the other control-plane nodes
#   take     reads such a file, on another control-plane node
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
file='/etc/kubernetes/hardening'/encryption.yaml
written='/etc/kubernetes/hardening'/encryption.rewritten # digest of the file under which everything was rewritten

fail() {
	echo "rotate-key.sh: $*" >&2
	exit 1
}

[ "$#" -eq 1 ] || fail "usage: rotate-key.sh status|add|promote|rewrite|drop|send|take"
[ "$(id -u)" -eq 0 ] || fail "run it as root"
[ -s "$file" ] || fail "$file is missing; this is no control-plane node that was set up"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM

# keys FILE writes "name secret" for each key, in order. A file of another shape gives nothing.
keys() {
	awk '$1 == "-" && $2 == "name:" { name = $3 } $1 == "secret:" { gsub(/\047/, "", $2); print name, $2 }' "$1"
}

digest() { sha256sum "$1" | cut -d ' ' -f 1; }

# state FILE says how far a rotation is: old key alone, new one behind it, or in front of it.
state() {
	keys "$1" >"$work/state"
	if grep -Evqx 'key[0-9]+ [A-Za-z0-9+/]{43}=' "$work/state"; then
		echo broken
		return
	fi
	awk '{ sub(/^key/, "", $1); n[NR] = $1 + 0 }
		END {
			if (NR == 1) print "one"
			else if (NR == 2 && n[2] == n[1] + 1) print "added"
			else if (NR == 2 && n[1] == n[2] + 1) print "promoted"
			else print "broken"
		}' "$work/state"
}

# install_keys takes the place of the file with the keys that it reads. The rest of the file is as it was generated.
install_keys() {
	cat >"$work/keys"
	awk -v keys="$work/keys" '
		/- name: / { indent = $0; sub(/-.*/, "", indent); next }
		/secret: / {
			while ((getline line <keys) > 0) {
				split(line, k, " ")
				printf "%s- name: %s\n%s  secret: %s\n", indent, k[1], indent, k[2]
			}
			next
		}
		{ print }' "$here/hardening/encryption.yaml" >"$file.new"
	keys "$file.new" | cmp -s - "$work/keys" || fail "hardening/encryption.yaml is not as it was generated"
	chown root:root "$file.new"
	chmod 0600 "$file.new"
	mv "$file.new" "$file"
}

# loaded reports whether the API server at the URL says that it uses this node's file.
loaded() {
	kubectl --kubeconfig /etc/kubernetes/admin.conf --server "$1" get --raw /metrics >"$work/metrics" || return 1
	grep '^apiserver_encryption_config_controller_last_config_info{' "$work/metrics" | grep -qF "hash=\"sha256:$(digest "$file")\""
}

rewritten() { [ "$(cat "$written" 2>/dev/null)" = "$(digest "$file")" ]; }

# all_loaded waits until every API server uses this node's file. They look at theirs each minute.
all_loaded() {
	for server in 'https://10.10.0.11:6443' 'https://10.10.0.12:6443' 'https://10.10.0.13:6443'; do
		tries=0
		until loaded "$server"; do
			tries=$((tries + 1))
			[ "$tries" -lt "${ROTATE_TRIES:-18}" ] || fail "the API server at $server does not use this node's file yet: run send and take for its node"
			sleep 10
		done
	done
}

# rewrite KIND replaces every object of a kind by itself. One that changes in between is a conflict, and the next try
# finds it. If the first command of the pipe fails, the second has nothing to read and fails too.
rewrite() {
	kubectl --kubeconfig /etc/kubernetes/admin.conf get "$1" --all-namespaces -o name >"$work/names" || return 1
	[ -s "$work/names" ] || return 0
	kubectl --kubeconfig /etc/kubernetes/admin.conf get "$1" --all-namespaces -o json |
		kubectl --kubeconfig /etc/kubernetes/admin.conf replace -f - >"$work/replaced"
}

now=$(state "$file")
[ "$now" != broken ] || fail "$file holds no key, or keys that no step of a rotation leaves: restore it from your copy"
case $1 in
status)
	echo "keys, the first one encrypts: $(keys "$file" | cut -d ' ' -f 1 | tr '\n' ' ')"
	case $now in
	one) echo "no rotation is under way; add begins one" ;;
	added) echo "next: send and take for each other control-plane node, then promote" ;;
	promoted)
		if rewritten; then
			echo "next: drop"
		else
			echo "next: send and take for each other control-plane node, then rewrite"
		fi
		;;
	esac
	for server in 'https://10.10.0.11:6443' 'https://10.10.0.12:6443' 'https://10.10.0.13:6443'; do
		if loaded "$server"; then echo "$server uses this node's file"; else echo "$server uses another file, or cannot be asked"; fi
	done
	;;
add)
	[ "$now" != promoted ] || fail "a rotation is under way; next is rewrite, then drop"
	if [ "$now" = one ]; then
		all_loaded
		rm -f "$written"
		keys "$file" >"$work/new"
		number=$(sed 's/^key\([0-9]*\) .*/\1/' "$work/new")
		secret=$(head -c 32 /dev/urandom | base64)
		printf 'key%d %s\n' "$((number + 1))" "$secret" >>"$work/new"
		install_keys <"$work/new"
	fi
	echo "Added. Next: send and take for each other control-plane node, then promote."
	;;
promote)
	[ "$now" != one ] || fail "there is no new key; next is add"
	if [ "$now" = added ]; then
		# A server that cannot read the new key yet would lose sight of what another one writes with it.
		all_loaded
		keys "$file" | sed '1!G;h;$!d' >"$work/new"
		install_keys <"$work/new"
	fi
	echo "Promoted. Next: send and take for each other control-plane node, then rewrite."
	;;
rewrite)
	[ "$now" = promoted ] || fail "the new key is not in front; next is promote"
	all_loaded
	for kind in secrets configmaps; do
		tries=0
		until rewrite "$kind"; do
			tries=$((tries + 1))
			[ "$tries" -lt 5 ] || fail "not all $kind were rewritten; run rewrite again"
		done
	done
	digest "$file" >"$written"
	echo "Rewritten. Next: drop. Backups of etcd from before need the old key: keep your copy of it as long as you keep them."
	;;
drop)
	if [ "$now" = one ]; then
		echo "There is one key: nothing to drop."
		exit 0
	fi
	[ "$now" = promoted ] || fail "the new key is not in front; next is promote"
	rewritten || fail "not everything is rewritten under this file; next is rewrite"
	all_loaded
	keys "$file" | head -n 1 >"$work/new"
	install_keys <"$work/new"
	rm -f "$written"
	echo "Dropped. Next: send and take for each other control-plane node, and put a copy of $file where your copies are."
	;;
send)
	[ ! -t 1 ] || fail "what it writes is secret: pipe it to take on another control-plane node"
	cat "$file"
	;;
take)
	cat >"$work/taken"
	then=$(state "$work/taken")
	[ "$then" != broken ] || fail "the input is not what send writes"
	keys "$work/taken" >"$work/new"
	# The key that encrypts must be one that this node can read already: otherwise a step was left out here.
	keys "$file" >"$work/own"
	head -n 1 "$work/new" >"$work/front"
	grep -qxF -f "$work/front" "$work/own" || fail "this node does not know the key in front: it has missed a step. Take the file of the step before first"
	install_keys <"$work/new"
	echo "Taken. The API server of this node reads it within a minute."
	;;
*) fail "there is no step $1" ;;
esac
