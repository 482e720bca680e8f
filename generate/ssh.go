package generate

import "github.com/bartizan-dev/bartizan/model"

// sshdView is what sshd_config.tmpl sees.
type sshdView struct {
	OS          string
	Group       string
	IdleMinutes int
	FIDO2       bool
	TOTP        bool
	PermitOpen  []string // destinations of local forwarding; none: no forwarding
	Record      bool     // every session runs in a recorder
}

// Newest reports whether sshd is 9.9 or later and knows ML-KEM.
func (v sshdView) Newest() bool { return v.OS == string(model.Debian13) }

// sshUserView is what ssh-user.tmpl sees.
type sshUserView struct {
	Group string
	Teams []string
	FIDO2 bool
	TOTP  bool
}

// recording is the configuration of tlog, which sshd starts in place of the login shell.
var recording = hostFile{
	Name: "tlog.conf", Target: "/etc/tlog/tlog-rec-session.conf", Mode: "0644",
	Doc:      "What is recorded of sessions: output and window, not keystrokes, into the journal.",
	Template: "tlog.tmpl",
}

// osView says how APT names the operating system's security updates. Without an operating system, all names apply.
type osView struct{ OS model.OS }

func (v osView) Debian() bool { return v.OS != model.Ubuntu2404 }
func (v osView) Ubuntu() bool { return v.OS == model.Ubuntu2404 || v.OS == "" }

func teamNames(spec *model.Spec) []string {
	var names []string
	for _, t := range spec.Teams {
		names = append(names, t.Name)
	}
	return names
}
