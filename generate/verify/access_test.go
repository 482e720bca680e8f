package verify_test

import (
	"testing"

	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

func TestAccessMutationsAreCaught(t *testing.T) {
	const (
		wg   = "clusters/shop/access/wireguard/wg/"
		box  = "clusters/shop/access/jump-box/bastion/"
		vpn  = model.Address("vpn.wg")
		jump = model.Address("jump_box.bastion")

		kube    = "clusters/shop/access/kubeconfig/kubeconfig.yaml"
		cluster = model.Address("cluster.shop")
		glass   = "clusters/shop/nodes/control/"
		sre     = model.Address("team.sre")
	)
	testMutations(t, []mutation{
		{"one more peer", wg + "wg0.conf", "\n# anna", "\n[Peer]\nPublicKey = c1Jx8fUq4o3hVw8qv2s6pJ0mX5y7Zt9kLrNbQeWaDgM=\nAllowedIPs = 10.8.0.99/32\n\n# anna", false, model.VPNKeys, vpn},
		{"a peer with the whole network", wg + "wg0.conf", "10.8.0.17/32", "10.8.0.0/24", false, model.VPNKeys, vpn},
		{"a second address of a peer", wg + "wg0.conf", "10.8.0.17/32", "10.8.0.17/32, 10.8.0.23/32", false, model.VPNKeys, vpn},
		{"another key", wg + "wg0.conf", "mR0TXqyB", "mR0TXqyC", false, model.VPNKeys, vpn},
		{"a private key in the tree", wg + "wg0.conf", "SaveConfig = false", "PrivateKey = mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM=", false, model.VPNKeys, vpn},
		{"a command at start", wg + "wg0.conf", "SaveConfig = false", "SaveConfig = false\nPostDown = nft flush ruleset", false, model.VPNKeys, vpn},
		{"the key is readable", wg + "bartizan-wireguard-key.service", "UMask=0077", "UMask=0022", false, model.VPNKeys, vpn},
		{"a device routes everything", wg + "devices/anna-laptop.conf", "AllowedIPs = 10.0.9.10/32", "AllowedIPs = 0.0.0.0/0", false, model.VPNKeys, vpn},
		{"a device's key in the tree", wg + "devices/anna-laptop.conf", "INSERT-THE-PRIVATE-KEY-OF-THIS-DEVICE", "mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM=", false, model.VPNKeys, vpn},
		{"devices reach nodes", wg + "nftables.nft", "policy drop;\n        ct state established,related accept\n        ct state invalid drop\n        iifname", "policy drop;\n        ct state established,related accept\n        ct state invalid drop\n        iifname \"wg0\" ip daddr 10.0.0.11 tcp dport 22 accept\n        iifname", false, model.VPNFirewall, vpn},
		{"any port of the jump box", wg + "nftables.nft", "ip daddr 10.0.9.10 tcp dport 22", "ip daddr 10.0.9.10 tcp dport 1-65535", false, model.VPNFirewall, vpn},
		{"a neighbour of the jump box", wg + "nftables.nft", "ip daddr 10.0.9.10", "ip daddr 10.0.9.10/31", false, model.VPNFirewall, vpn},
		{"from the other side", wg + "nftables.nft", "iifname \"wg0\" ip saddr", "ip saddr", false, model.VPNFirewall, vpn},
		{"forwarding is open", wg + "nftables.nft", "hook forward priority filter - 10; policy drop;", "hook forward priority filter - 10; policy accept;", false, model.VPNFirewall, vpn},
		{"SSH to the server", wg + "nftables.nft", "    chain forward", "    chain x {\n        ip saddr 10.0.0.0/8 tcp dport 22 accept\n    }\n\n    chain forward", false, model.VPNFirewall, vpn},
		{"sshd stays", wg + "setup-wireguard.sh", " openssh-server", "", false, model.VPNFirewall, vpn},

		{"SSH from the internet", box + "nftables.nft", "ip saddr 10.8.0.0/24 tcp dport 22 accept", "ip saddr 0.0.0.0/0 tcp dport 22 accept", false, model.JumpBoxRestricted, jump},
		{"another port", box + "nftables.nft", "ip saddr 10.8.0.0/24 tcp dport 22 accept", "ip saddr 10.8.0.0/24 tcp dport 22-23 accept", false, model.JumpBoxRestricted, jump},
		{"the jump box routes", box + "nftables.nft", "hook forward priority filter - 10; policy drop;", "hook forward priority filter - 10; policy accept;", false, model.JumpBoxRestricted, jump},
		{"it reaches etcd", box + "nftables.nft", "ip daddr 0.0.0.0/0 udp dport 53", "ip daddr 10.0.0.11 tcp dport 2379 accept\n        ip daddr 0.0.0.0/0 udp dport 53", false, model.JumpBoxHardened, jump},
		{"sshd starts without the firewall", box + "bartizan-firewall.service", "RequiredBy=ssh.service", "WantedBy=ssh.service", false, model.JumpBoxRestricted, jump},
		{"ordinary keys", box + "sshd_config", "PubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com", "PubkeyAcceptedAlgorithms ssh-ed25519,sk-ssh-ed25519@openssh.com", false, model.JumpBoxMFA, jump},
		{"touch only", box + "sshd_config", "PubkeyAuthOptions verify-required", "PubkeyAuthOptions touch-required", false, model.JumpBoxMFA, jump},
		{"either method", box + "sshd_config", "AuthenticationMethods publickey", "AuthenticationMethods any", false, model.JumpBoxMFA, jump},
		{"the first value wins", box + "sshd_config", "Port 22\n", "Port 22\nAuthenticationMethods none\n", false, model.JumpBoxMFA, jump},
		{"agent forwarding", box + "sshd_config", "AllowAgentForwarding no", "AllowAgentForwarding yes", false, model.JumpBoxHardened, jump},
		{"forwarding anywhere", box + "sshd_config", "PermitOpen ", "PermitOpen any ", false, model.JumpBoxHardened, jump},
		{"one more destination", box + "sshd_config", "PermitOpen ", "PermitOpen 10.0.0.11:2379 ", false, model.JumpBoxHardened, jump},
		{"remote forwarding", box + "sshd_config", "AllowTcpForwarding local", "AllowTcpForwarding yes", false, model.JumpBoxHardened, jump},
		{"sessions stay open", box + "sshd_config", "session:*=10m", "session:*=0", false, model.JumpBoxHardened, jump},
		{"no recorder", box + "sshd_config", "ForceCommand /usr/bin/tlog-rec-session\n", "", false, model.SessionRecording, jump},
		{"output is not recorded", box + "tlog.conf", "\"output\": true", "\"output\": false", false, model.SessionRecording, jump},
		{"records are dropped", box + "tlog.conf", "\"action\": \"delay\"", "\"action\": \"drop\"", false, model.SessionRecording, jump},
		{"a token", kube, "  user:\n    exec:", "  user:\n    token: eyJhbGciOi\n    exec:", false, model.KubeconfigWithoutCredentials, cluster},
		{"unverified TLS", kube, "    server: https", "    insecure-skip-tls-verify: true\n    server: https", false, model.KubeconfigWithoutCredentials, cluster},
		{"plain HTTP", kube, "server: https:", "server: http:", false, model.KubeconfigWithoutCredentials, cluster},
		{"another plugin", kube, "command: kubectl", "command: ./kubectl", false, model.KubeconfigWithoutCredentials, cluster},
		{"a client secret", kube, "- --token-cache-storage=keyring", "- --token-cache-storage=keyring\n      - --oidc-client-secret=x", false, model.KubeconfigWithoutCredentials, cluster},
		{"tokens on disk", kube, "storage=keyring", "storage=disk", false, model.KubeconfigWithoutCredentials, cluster},
		{"a second user", kube, "users:\n", "users:\n- name: x\n  user: {}\n", false, model.KubeconfigWithoutCredentials, cluster},
		{"a second document", kube, "users:\n", "---\nusers:\n", false, model.KubeconfigWithoutCredentials, cluster},

		{"more hours", glass + "break-glass.conf", "sre 2 security", "sre 200 security", false, model.BreakGlassAccess, sre},
		{"the own team approves", glass + "break-glass.conf", "sre 2 security", "sre 2 sre", false, model.BreakGlassAccess, sre},
		{"one more team", glass + "break-glass.conf", "sre 2 security", "sre 2 security\nsecurity 2 security", false, model.BreakGlassAccess, sre},
		{"approval is not asked for", glass + "break-glass.sh", "[ \"$who\" != \"$person\" ] ||", "true ||", false, model.BreakGlassAccess, sre},
		{"the certificate lives longer", glass + "break-glass.sh", "hours * 3600", "hours * 360000", false, model.BreakGlassAccess, sre},
		{"everybody may run it", glass + "sudoers", "%team-security ALL", "ALL ALL", false, model.BreakGlassAccess, sre},
		{"any command", glass + "sudoers", "NOPASSWD: /usr/local/sbin/bartizan-break-glass", "NOPASSWD: ALL", false, model.BreakGlassAccess, sre},
		{"another sudoers file", glass + "sudoers", "Defaults use_pty", "Defaults use_pty\n@includedir /tmp", false, model.BreakGlassAccess, sre},

		{"a node does not record", "clusters/shop/nodes/general/sshd_config", "ForceCommand /usr/bin/tlog-rec-session\n", "", false, model.SessionRecording, jump},
	})
}

func TestOneTimePasswordsAreProvedFromPAM(t *testing.T) {
	spec := bastionSpec()
	j := spec.JumpBoxes[0]
	j.MFA = model.MFATOTP
	files := hostTree(t, spec).Files()
	m := mutation{control: model.JumpBoxMFA, subject: j.Addr(), path: "clusters/shop/access/jump-box/bastion/pam-sshd"}
	if !proves(verify.Run(spec, files, hostChecks()), m) {
		t.Fatal("jump-box-mfa is not proved")
	}
	for _, edit := range []mutation{
		{old: "pam_google_authenticator.so", new: "pam_google_authenticator.so nullok"},
		{old: "auth       required     pam_google", new: "auth       sufficient   pam_permit.so\nauth       required     pam_google"},
	} {
		m.old, m.new = edit.old, edit.new
		files := hostTree(t, spec).Files()
		m.apply(t, files)
		if proves(verify.Run(spec, files, hostChecks()), m) {
			t.Errorf("still proved after %q", m.new)
		}
	}
}

// What the specification weakens is neither claimed nor proved.
func TestWeakenedAccessIsNotClaimed(t *testing.T) {
	spec := bastionSpec()
	j := spec.JumpBoxes[0]
	j.MFA, j.Recording = model.MFANone, false
	j.ReachableFrom = []model.Peer{spec.Zones[0]}
	c := spec.Clusters[0]
	c.API.ReachableFrom = []model.Peer{spec.Zones[0]}
	set := hostTree(t, spec)
	result := verify.Run(spec, set.Files(), hostChecks())
	for _, f := range result.Findings {
		t.Errorf("finding in %s: %s", f.Path, f.Message)
	}
	for _, weak := range []model.Hold{
		{Control: model.JumpBoxMFA, Subject: j.Addr()}, {Control: model.SessionRecording, Subject: j.Addr()},
		{Control: model.JumpBoxRestricted, Subject: j.Addr()}, {Control: model.APIFirewall, Subject: c.Addr()},
	} {
		for _, claims := range [][]model.Claim{set.Claims, result.Proved} {
			for _, claim := range claims {
				if claim.Control == weak.Control && claim.Subject == weak.Subject {
					t.Errorf("%s is claimed or proved for %s", weak.Control, weak.Subject)
				}
			}
		}
	}
}

func TestStandingEmergencyAccessIsFound(t *testing.T) {
	spec := bastionSpec()
	binding := "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects:\n- "
	for name, test := range map[string]struct {
		manifest string
		proved   bool
	}{
		"the user":          {binding + "{kind: User, apiGroup: rbac.authorization.k8s.io, name: 'break-glass:sre:anna'}\n", false},
		"written otherwise": {binding + "{kind: User, apiGroup: rbac.authorization.k8s.io, name: \"break\\x2dglass:sre:anna\"}\n", false},
		"not readable":      {binding + "{kind: User, apiGroup: rbac.authorization.k8s.io, nick: anna}\n", false},
		"another person":    {binding + "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: 'oidc:sre'}\n", true},
		"a policy that names them": {"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: x}\n" +
			"spec: {validations: [{expression: 'request.userInfo.username.startsWith(\"break-glass:\")'}]}\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			files := hostTree(t, spec).Files()
			files["clusters/shop/manifests/platform/x.yaml"] = []byte(test.manifest)
			files["clusters/shop/manifests/platform/kustomization.yaml"] = []byte(
				"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [x.yaml]\n")
			got := proves(verify.Run(spec, files, hostChecks()), mutation{control: model.BreakGlassAccess, subject: "team.sre"})
			if got != test.proved {
				t.Errorf("break-glass proved = %v", got)
			}
		})
	}
}
