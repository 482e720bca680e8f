package model

// Controls of the way in for people, claimed by the files below clusters/NAME/access.
const (
	VPNKeys                      ControlID = "vpn-keys"
	VPNFirewall                  ControlID = "vpn-firewall"
	JumpBoxRestricted            ControlID = "jump-box-restricted"
	JumpBoxMFA                   ControlID = "jump-box-mfa"
	JumpBoxHardened              ControlID = "jump-box-hardened"
	SessionRecording             ControlID = "session-recording"
	KubeconfigWithoutCredentials ControlID = "kubeconfig-without-credentials"
	BreakGlassAccess             ControlID = "break-glass"
)

var accessControls = []*Control{
	{
		ID:        VPNKeys,
		Layer:     LayerNetwork,
		Subject:   "vpn",
		Title:     "Only declared devices join the VPN, each with its own key",
		Doc:       "The server's peers are exactly the declared devices, each with its own key and one address, so that firewalls behind it see who speaks. Private keys are made on the machine that holds them. No preshared keys are used. Source: VPN-01; wireguard.com, cryptokey routing.",
		Standards: []string{"VPN-01"},
	},
	{
		ID:        VPNFirewall,
		Layer:     LayerNetwork,
		Subject:   "vpn",
		Title:     "Devices on the VPN reach declared destinations only",
		Doc:       "The VPN server forwards new connections only from devices to what declares the VPN as a source: jump boxes and, where declared, API servers and nodes. Nobody logs in to the server over the network. Source: VPN-01.",
		Standards: []string{"VPN-01", "NSA-T03"},
	},
	{
		ID:        JumpBoxRestricted,
		Layer:     LayerNetwork,
		Subject:   "jump_box",
		Title:     "The jump box is reachable from declared sources only",
		Doc:       "The jump box accepts SSH from declared sources, routes nothing, and sshd does not start without the firewall. Source: JUMP-03.",
		Standards: []string{"JUMP-03"},
	},
	{
		ID:        JumpBoxMFA,
		Layer:     LayerConfig,
		Subject:   "jump_box",
		Title:     "Logging in to the jump box takes a second factor",
		Doc:       "fido2: only keys on a security key are accepted, and each login asks for its PIN or fingerprint (verify-required). totp: a key and then a one-time password through PAM. Source: JUMP-02; sshd_config(5).",
		Standards: []string{"JUMP-02", "NSA-T08", "PCI-01"},
	},
	{
		ID:        JumpBoxHardened,
		Layer:     LayerConfig,
		Subject:   "jump_box",
		Title:     "The jump box forwards no agent, no X11 and no arbitrary ports",
		Doc:       "sshd forwards no agent, no X11 and no sockets, and TCP to declared addresses only; the firewall's output chain limits what the machine itself reaches. Idle sessions end. Source: JUMP-01, JUMP-03.",
		Standards: []string{"JUMP-01", "JUMP-03"},
	},
	{
		ID:        SessionRecording,
		Layer:     LayerConfig,
		Subject:   "jump_box",
		Title:     "Sessions on the jump box are recorded",
		Doc:       "Every session starts in tlog, which writes its output to the journal. What the jump box forwards is encrypted end to end, so nodes that admit it record their own sessions; the control holds only if all of them do. tlog runs with the rights of the person: evidence, not a wall. Source: NIST SP 800-190 4.5.4.",
		Standards: []string{"NIST-800-190-4.5.4"},
	},
	{
		ID:        KubeconfigWithoutCredentials,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Kubeconfig files for people hold no credential",
		Doc:       "People's kubeconfig names kubelogin as exec plugin and holds no token, key or password; tokens live in the operating system's keyring. A copied file opens nothing. Source: USER-01.",
		Standards: []string{"USER-01"},
	},
	{
		ID:        BreakGlassAccess,
		Layer:     LayerOrganisation,
		Subject:   "team",
		Title:     "Emergency access needs approval by another team and ends by itself",
		Doc:       "Two accounts on a control-plane node are needed: one asks, one of another team approves. Access is a client certificate that expires after the declared hours and a binding that a timer deletes; RBAC itself has no expiry, and no binding of it stands in the tree. Root on a control-plane node can bypass it. Source: PCI SSC, Guidance for Containers, authorization.",
		Standards: []string{"PCI-02"},
	},
}
