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
		ID:      VPNKeys,
		Layer:   LayerNetwork,
		Subject: "vpn",
		Title:   "Only declared devices join the VPN, each with its own key",
	},
	{
		ID:      VPNFirewall,
		Layer:   LayerNetwork,
		Subject: "vpn",
		Title:   "Devices on the VPN reach declared destinations only",
	},
	{
		ID:      JumpBoxRestricted,
		Layer:   LayerNetwork,
		Subject: "jump_box",
		Title:   "The jump box is reachable from declared sources only",
	},
	{
		ID:      JumpBoxMFA,
		Layer:   LayerConfig,
		Subject: "jump_box",
		Title:   "Logging in to the jump box takes a second factor",
	},
	{
		ID:      JumpBoxHardened,
		Layer:   LayerConfig,
		Subject: "jump_box",
		Title:   "The jump box forwards no agent, no X11 and no arbitrary ports",
	},
	{
		ID:      SessionRecording,
		Layer:   LayerConfig,
		Subject: "jump_box",
		Title:   "Sessions on the jump box are recorded",
	},
	{
		ID:      KubeconfigWithoutCredentials,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Kubeconfig files for people hold no credential",
	},
	{
		ID:      BreakGlassAccess,
		Layer:   LayerOrganisation,
		Subject: "team",
		Title:   "Emergency access needs approval by another team and ends by itself",
	},
}
