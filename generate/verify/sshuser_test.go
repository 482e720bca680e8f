package verify_test

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// The script that adds people's accounts decides which keys log in and who is of which team.
func TestMutationsOfTheScriptForAccountsAreCaught(t *testing.T) {
	var mutations []mutation
	for _, host := range []struct {
		dir     string
		control model.ControlID
		subject model.Address
	}{
		{"clusters/shop/access/jump-box/bastion/", model.JumpBoxMFA, "jump_box.bastion"},
		{"clusters/shop/nodes/general/", model.NodeSSHRestricted, "node_pool.general"},
		{"clusters/shop/nodes/control/", model.NodeSSHRestricted, "node_pool.control"},
		{"clusters/shop/nodes/control/", model.BreakGlassAccess, "team.sre"},
	} {
		for _, edit := range []struct{ name, old, new string }{
			{"another key as well", "    chmod 0644 \"$new\"\n", "    echo 'ssh-ed25519 AAAAC3Nza' >>\"$new\"\n    chmod 0644 \"$new\"\n"},
			{"any kind of key", "    *)\n        echo \"$0: key type", "    *) ;;\n    none)\n        echo \"$0: key type"},
			{"certificates of an authority", "'%s %s %s\\n' \"$type\"", "'cert-authority %s %s %s\\n' \"$type\""},
			{"keys where people write", "keys=/etc/ssh/authorized_keys", "keys=/tmp/keys"},
			{"keys that everybody writes", "chmod 0644", "chmod 0666"},
			{"a group of its own", "group='bartizan-ssh'", "group='sudo'"},
			{"every group", "usermod -G \"$group,team-$3\"", "usermod -G \"$group,team-$3,team-security,sudo\""},
			{"an undeclared team", "    'sre') ;;\n", "    'sre') ;;\n    'root') ;;\n"},
			{"any team", "        echo \"$0: no team $3 is declared\" >&2\n        exit 2\n", "        echo \"$0: no team $3 is declared\" >&2\n"},
			{"root's account", "'' | -* | root | ", "'' | -* | "},
			{"who leaves keeps the key", "    rm -f \"$keys/$2\"\n", ""},
			{"who leaves stays in", "loginctl terminate-user \"$2\" || true", "true"},
			{"a user with the number of root", "useradd -m", "useradd -o -u 0 -m"},
			{"a command in front", "set -eu\n", "set -eu\nuseradd -m eve\n"},
			{"a command behind", "*) usage ;;\nesac\n", "*) usage ;;\nesac\nchmod -R 0777 /etc/ssh\n"},
			{"another program of that name", "usage() {", "mv() {\n    cp \"$@\"\n}\nusage() {"},
			{"failures are passed over", "set -eu\n", "set -u\n"},
		} {
			mutations = append(mutations, mutation{name: string(host.subject) + ": " + edit.name, path: host.dir + "ssh-user.sh", old: edit.old, new: edit.new, control: host.control, subject: host.subject})
		}
	}
	testMutations(t, mutations)
}
