package model

// The blocks of a cluster that only say how its own control plane is set up.

var encryptionBlock = &BlockType{
	Name: "encryption",
	Doc:  "How Secrets are encrypted in etcd. Left out: with a key that is made on the control plane.",
	Example: `encryption {
  kms = "unix:///run/kms/socket.sock"
}`,
	Attributes: []*Attribute{
		{Name: "kms", Type: kmsType, Doc: "Socket of a KMS v2 plugin, which keeps the key outside the cluster. The plugin runs on each control-plane node, and the socket belongs to root."},
	},
}

// kubeadm refuses longer lives than its defaults (ValidateCertValidity in cmd/kubeadm/app/apis/kubeadm/validation), so
// the limits are not ours.
var certificatesBlock = &BlockType{
	Name: "certificates",
	Doc:  "How long the control plane's certificates live. kubeadm makes an authority for the cluster, one for etcd and one for the front proxy.",
	Example: `certificates {
  days           = 90
  authority_days = 1825
}`,
	Attributes: []*Attribute{
		{Name: "days", Type: number(7, 365), Default: 365, Doc: "Life of a certificate. Upgrades renew them; whoever upgrades less often renews with \"kubeadm certs renew all\"."},
		{Name: "authority_days", Type: number(30, 3650), Default: 3650, Doc: "Life of the authorities. Replacing one is a procedure by hand."},
	},
}

var serviceAccountsBlock = &BlockType{
	Name: "service_accounts",
	Doc:  "Tokens of service accounts.",
	Example: `service_accounts {
  issuer          = "https://oidc.example.com/main"
  max_token_hours = 12
}`,
	Attributes: []*Attribute{
		{Name: "issuer", Type: textType("https URL", parseIssuer).like("https://oidc.example.com/main"), Derived: "https://kubernetes.default.svc and the domain",
			Doc: "Issuer in the tokens. Others that trust the cluster's tokens fetch its keys from there. A change makes every token invalid that was issued before."},
		{Name: "max_token_hours", Type: number(1, 8760), Default: 24, Doc: "Longest life of a token, however long a client asks for.",
			Weakening: &Weakness{Doc: "A stolen token is good for longer than a day.", Above: 24}},
		{Name: "extend_tokens", Type: boolType, Default: false, Doc: "Tokens of pods live for a year, for clients that do not read them anew.",
			Weakening: &Weakness{Doc: "A token that is read from a pod is good for a year while the pod runs.", Values: []any{true}}},
	},
}

var admissionBlock = &BlockType{
	Name: "admission",
	Doc:  "Choices of admission: plugins of the API server, and who asks for signatures. NodeRestriction, PodSecurity, EventRateLimit and DenyServiceExternalIPs are always on.",
	Example: `admission {
  always_pull_images = true
}`,
	Attributes: []*Attribute{
		{Name: "always_pull_images", Type: boolType, Default: false, Doc: "AlwaysPullImages: each start of a pod asks the registry, so that no pod uses a private image which another has pulled. No pod starts while the registry is away. " +
			"From Kubernetes 1.35 on the kubelet checks the same with less, by imagePullCredentialsVerificationPolicy, and that is always written; scanners ask for the plugin (CIS 1.2.11)."},
		{Name: "signatures", Type: enum(PolicyController), Derived: "nothing asks for signatures when a pod starts", Doc: "What refuses images that no key of their registry has signed, in every declared namespace but its own: sigstore's policy-controller. You install it, and declare it as the add-on \"policy-controller\"; while it is away, no pod starts. Images of a registry with signed_by = [] pass."},
	},
}

// tlsCurveNames are the key exchanges of Go's crypto/tls by the name of their constant.
var tlsCurveNames = enum(CurveX25519MLKEM768, CurveX25519, CurveP256, CurveP384, CurveP521)
