package generate

// sshdView is what sshd_config.tmpl sees.
type sshdView struct {
	OS          string
	Group       string
	IdleMinutes int
	FIDO2       bool
	TOTP        bool
	PermitOpen  []string // destinations of local forwarding; none: no forwarding
	Record      string   // command that replaces the login shell; empty: none
}

// Newest reports whether sshd is 9.9 or later and knows ML-KEM.
func (v sshdView) Newest() bool { return v.OS == "debian-13" }

// sshUserView is what ssh-user.tmpl sees.
type sshUserView struct {
	Group string
	FIDO2 bool
	TOTP  bool
}
