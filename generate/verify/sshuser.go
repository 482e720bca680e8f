package verify

import (
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// sshUserRule returns the rule for the script that lets people log in. What it accepts as a key, and which groups it gives,
// is all that stands between a login and root's approval, so it must be the reviewed one, statement by statement, with the
// declared teams.
func sshUserRule(spec *model.Spec, mfa model.MFA) func([]byte) error {
	return func(data []byte) error {
		statements, err := topStatements(data)
		if err != nil {
			return err
		}
		return sameStatements(statements, sshUserStatements(spec, mfa))
	}
}

func sshUserStatements(spec *model.Spec, mfa model.MFA) []string {
	var teams strings.Builder
	for _, t := range spec.Teams {
		teams.WriteString(`'` + t.Name + `') ;; `)
	}
	keys := `sk-ssh-ed25519@openssh.com | sk-ecdsa-sha2-nistp256@openssh.com | ssh-ed25519 | ssh-rsa) ;; *) echo "$0: key type $type is not accepted" >&2; `
	if mfa == model.MFAFIDO2 {
		keys = `sk-ssh-ed25519@openssh.com | sk-ecdsa-sha2-nistp256@openssh.com) ;; *) echo "$0: key type $type: only keys on a security key are accepted (ssh-keygen -t ed25519-sk -O verify-required)" >&2; `
	}
	totp := ""
	if mfa == model.MFATOTP {
		totp = `runuser -u "$2" -- google-authenticator -t -d -f -r 3 -R 30 -w 3; `
	}
	add := `[ $# -eq 3 ] || usage; ` +
		`case $3 in ` + teams.String() + `*) echo "$0: no team $3 is declared" >&2; exit 2 ;; esac ` +
		`read -r type key _; ` +
		`case $type in ` + keys + `exit 1 ;; esac ` +
		`umask 022; new=$(mktemp "$keys/.new.XXXXXX"); trap 'rm -f "$new"' EXIT; ` +
		`printf '%s %s %s\n' "$type" "$key" "$2" >"$new"; ssh-keygen -l -f "$new"; ` +
		`groupadd -f -r "$group"; groupadd -f -r "team-$3"; id "$2" >/dev/null 2>&1 || useradd -m -s /bin/bash "$2"; ` +
		`usermod -G "$group,team-$3" -e "" "$2"; chmod 0644 "$new"; mv "$new" "$keys/$2"; trap - EXIT; ` + totp
	remove := `rm -f "$keys/$2"; ` +
		`if id "$2" >/dev/null 2>&1; then usermod -L -e 1 "$2"; usermod -G "" "$2"; loginctl terminate-user "$2" || true; fi; `
	end := func(branch string) string { return strings.TrimSuffix(branch, "; ") + ` ;; ` }
	return []string{
		`set -eu`,
		`keys=/etc/ssh/authorized_keys`,
		`group='bartizan-ssh'`,
		`usage() { echo "usage: $0 add NAME TEAM < KEY.pub | remove NAME" >&2; exit 2; }`,
		`[ $# -ge 2 ] || usage`,
		`case $2 in '' | -* | root | *[!a-z0-9-]*) echo "$0: name $2: use lower-case letters, digits and hyphens" >&2; exit 2 ;; esac`,
		`case $1 in add) ` + end(add) + `remove) ` + end(remove) + `*) usage ;; esac`,
	}
}
