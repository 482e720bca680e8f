package verify

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

var backupCheck = &Check{
	Name: "backup",
	Doc: `backups are encrypted before they leave the node

Rule: the script stops at the first failure, encrypts the snapshot to the recipients in one file, and uploads the
encrypted form only; no other command of it can send or keep the snapshot; the file holds the declared recipient and
no other; the unit runs this script alone, with an environment that nobody changed. Source: Kubernetes documentation,
"Operating etcd clusters for Kubernetes", on the security of snapshots.`,
	Controls: []model.ControlID{model.BackupEncrypted},
	Run:      runBackup,
}

func runBackup(p *Pass) {
	for _, b := range p.Spec.Backups {
		if !b.Encrypted || b.Cluster == nil || b.Cluster.Provisioner == model.Managed {
			continue
		}
		dir := generate.BackupDir(b)
		script := path.Join(dir, "etcd-backup.sh")
		good := true
		for name, rule := range map[string]func([]byte, *model.Backup) error{
			"etcd-backup.sh":      checkBackupScript,
			"etcd-backup.service": checkBackupUnit,
			"recipients.txt":      checkRecipients,
		} {
			data, ok := p.Files[path.Join(dir, name)]
			err := fmt.Errorf("the file is missing")
			if ok || name == "recipients.txt" && b.Recipient == "" {
				err = rule(data, b)
			}
			if err != nil {
				good = false
				p.Find(Finding{Control: model.BackupEncrypted, Subject: b.Addr(), Path: path.Join(dir, name), Message: err.Error()})
			}
		}
		if good {
			p.Prove(model.BackupEncrypted, b.Addr(), script)
			p.needs(model.BackupEncrypted, b.Addr(), path.Join(dir, "etcd-backup.service"))
			if b.Recipient != "" {
				p.needs(model.BackupEncrypted, b.Addr(), path.Join(dir, "recipients.txt"))
			}
		}
	}
}

// backupCommands are the only commands of the script, with all of their arguments. The target is the one argument
// that the specification decides.
var backupCommands = [][]string{
	{"set", "-euo", "pipefail"},
	{"umask", "077"},
	{"mktemp", "--directory", "/var/lib/etcd-backup/run.XXXXXXXX"},
	{"trap", `rm -rf -- "$work"`, "EXIT"},
	{"hostname"},
	{"date", "-u", "+%Y%m%dT%H%M%SZ"},
	{"etcdctl", "--endpoints", "https://127.0.0.1:2379", "--cacert", `"$pki/ca.crt"`, "--cert", `"$pki/healthcheck-client.crt"`, "--key", `"$pki/healthcheck-client.key"`, "snapshot", "save", `"$work/$name"`},
	{"etcdutl", "snapshot", "status", `"$work/$name"`},
	{"age", "--encrypt", "--recipients-file", `"$recipients"`, "--output", `"$work/$name.age"`, `"$work/$name"`},
	{"rm", "-f", "--", `"$work/$name"`},
	{"rclone", "copyto", "--config", "/etc/etcd-backup/rclone.conf", "--no-check-dest", `"$work/$name.age"`, ""},
}

func checkBackupScript(data []byte, _ *model.Backup) error {
	if !strings.HasPrefix(string(data), "#!/bin/bash\n") {
		return fmt.Errorf("want bash, which stops at the first failure in a pipe")
	}
	script, err := parseScript(string(data), "set", "trap")
	if err != nil {
		return err
	}
	for i, c := range script.commands {
		if i >= len(backupCommands) {
			return fmt.Errorf("command %q is one too many", strings.Join(c.Args, " "))
		}
		want := backupCommands[i]
		got := slices.Clone(c.Args)
		if want[0] == "rclone" && len(got) == len(want) && strings.HasPrefix(got[len(got)-1], "backup:") && !strings.Contains(got[len(got)-1], "$(") {
			got[len(got)-1] = ""
		}
		if !slices.Equal(got, want) || len(c.Output) > 0 || len(c.Env) > 0 && want[0] != "mktemp" && want[0] != "hostname" && want[0] != "date" {
			return fmt.Errorf("command %q: want %q", strings.Join(c.Args, " "), strings.TrimSpace(strings.Join(want, " ")))
		}
	}
	if len(script.commands) < len(backupCommands) {
		return fmt.Errorf("want %q", strings.TrimSpace(strings.Join(backupCommands[len(script.commands)], " ")))
	}
	for name, want := range map[string]string{
		"pki": "/etc/kubernetes/pki/etcd", "recipients": "/etc/etcd-backup/recipients.txt",
		"work": "$(mktemp --directory /var/lib/etcd-backup/run.XXXXXXXX)", "name": "$(hostname)-$(date -u +%Y%m%dT%H%M%SZ).db",
	} {
		if got := script.assigned[name]; !slices.Equal(got, []string{want}) {
			return fmt.Errorf("variable %s is %q, want %q once", name, got, want)
		}
	}
	return nil
}

// unitLines are what a unit may say besides its description; none of them runs another program or changes the
// environment of the script.
var (
	unitExec = regexp.MustCompile(`(?i)^(Exec|Environment|PassEnvironment|RootDirectory|RootImage|BindPaths|BindReadOnlyPaths|User|WorkingDirectory|LoadCredential|SetCredential|OnSuccess|OnFailure|Mount|Extension)`)
	unitLine = regexp.MustCompile(`^([A-Za-z]+)=(.*[^\\]|)$`)
)

func checkBackupUnit(data []byte, _ *model.Backup) error {
	start := 0
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line == "[Unit]" || line == "[Service]" || strings.HasPrefix(line, "#") {
			continue
		}
		m := unitLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			return fmt.Errorf("line %d: not understood", i+1)
		case line == "ExecStart=/usr/local/sbin/etcd-backup":
			start++
		case unitExec.MatchString(m[1]):
			return fmt.Errorf("line %d: %s runs something else or changes the script's environment", i+1, m[1])
		}
	}
	if start != 1 {
		return fmt.Errorf("the script is started %d times, want once", start)
	}
	return nil
}

var ageRecipient = regexp.MustCompile(`^age1[02-9ac-hj-np-z]{58}$`)

// checkRecipients: one more line would let its owner read every backup.
func checkRecipients(data []byte, b *model.Backup) error {
	if b.Recipient == "" {
		if data != nil {
			return fmt.Errorf("the specification names no recipient")
		}
		return nil
	}
	got := strings.TrimSuffix(string(data), "\n")
	if got != b.Recipient || !ageRecipient.MatchString(got) {
		return fmt.Errorf("want the declared recipient and no other")
	}
	return nil
}
