package verify

import (
	"fmt"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

var kubelet = &Check{
	Name: "kubelet",
	Doc: `each pool's kubelets are configured as the controls promise

Judges what kubeadm will write to the node: the cluster's KubeletConfiguration with the pool's patch applied, decoded
strictly into Kubernetes' own type, for every file by which nodes of the pool enter the cluster. Kubelet flags outrank
that file, so any flag but the node's address proves nothing, and so does a field that is not judged, such as featureGates. Rules: CIS Kubernetes Benchmark
1.12, section 4.2; taints: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/`,
	Controls: []model.ControlID{
		model.KubeletAuthentication, model.KubeletAuthorization, model.KubeletReadOnlyPortOff, model.KubeletCertificates,
		model.KubeletTLS, model.SeccompDefault, model.PIDsLimited, model.KernelDefaultsProtected, model.KubeletDebugOff,
		model.KubeletDefaultsKept, model.PulledImagesVerified, model.StaticPodsOff,
		model.ControlPlaneTaint, model.PoolDedicated,
	},
	Run: runKubelet,
}

// mostPIDs is how many processes one pod may have at most; kernels allow 32,768 on a node by default.
const mostPIDs = 16384

// kubeletRule returns what is wrong, or "".
type kubeletRule struct {
	control model.ControlID
	wrong   func(*kubeletv1beta1.KubeletConfiguration) string
}

var kubeletRules = []kubeletRule{
	{model.KubeletAuthentication, func(c *kubeletv1beta1.KubeletConfiguration) string {
		a := c.Authentication
		switch {
		case a.Anonymous.Enabled == nil || *a.Anonymous.Enabled:
			return "authentication.anonymous.enabled must be false"
		case a.Webhook.Enabled == nil || !*a.Webhook.Enabled:
			return "authentication.webhook.enabled must be true"
		case a.X509.ClientCAFile != nodePKI+"/ca.crt":
			return "authentication.x509.clientCAFile must be " + nodePKI + "/ca.crt"
		}
		return ""
	}},
	{model.KubeletAuthorization, func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.Authorization.Mode == kubeletv1beta1.KubeletAuthorizationModeWebhook, "authorization.mode must be Webhook")
	}},
	{model.KubeletReadOnlyPortOff, func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.ReadOnlyPort == 0, "readOnlyPort must be 0")
	}},
	{model.KubeletCertificates, func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.RotateCertificates && c.ServerTLSBootstrap && c.TLSCertFile == "" && c.TLSPrivateKeyFile == "",
			"rotateCertificates and serverTLSBootstrap must be true, and there must be no certificate file")
	}},
	{model.KubeletTLS, func(c *kubeletv1beta1.KubeletConfiguration) string {
		if !modernTLS(c.TLSMinVersion) {
			return "tlsMinVersion must be VersionTLS12 or VersionTLS13"
		}
		for _, s := range c.TLSCipherSuites {
			if !modernSuite(s) {
				return "tlsCipherSuites must be ECDHE suites with AEAD"
			}
		}
		return ""
	}},
	{model.SeccompDefault, func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.SeccompDefault != nil && *c.SeccompDefault, "seccompDefault must be true")
	}},
	{model.PIDsLimited, func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.PodPidsLimit != nil && *c.PodPidsLimit > 0 && *c.PodPidsLimit <= mostPIDs,
			fmt.Sprintf("podPidsLimit must be between 1 and %d", mostPIDs))
	}},
	{model.KernelDefaultsProtected, func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.ProtectKernelDefaults && len(c.AllowedUnsafeSysctls) == 0,
			"protectKernelDefaults must be true, and allowedUnsafeSysctls empty")
	}},
	{model.KubeletDebugOff, func(c *kubeletv1beta1.KubeletConfiguration) string {
		off := func(b *bool) bool { return b != nil && !*b }
		return unless(off(c.EnableProfilingHandler) && off(c.EnableDebugFlagsHandler) && off(c.EnableSystemLogHandler) &&
			(c.EnableSystemLogQuery == nil || !*c.EnableSystemLogQuery),
			"enableProfilingHandler, enableDebugFlagsHandler and enableSystemLogHandler must be false, and enableSystemLogQuery not true")
	}},
	{model.KubeletDefaultsKept, func(c *kubeletv1beta1.KubeletConfiguration) string {
		switch {
		case c.EventRecordQPS == nil || *c.EventRecordQPS < 1:
			return "eventRecordQPS must be at least 1"
		case c.MakeIPTablesUtilChains == nil || !*c.MakeIPTablesUtilChains:
			return "makeIPTablesUtilChains must be true"
		case c.FailCgroupV1 == nil || !*c.FailCgroupV1:
			return "failCgroupV1 must be true"
		case c.StreamingConnectionIdleTimeout.Duration != 0:
			return "streamingConnectionIdleTimeout has no effect and must not be there"
		}
		return ""
	}},
}

// verifiesPulledImages says that a cached private image goes only to pods with credentials for it: by the kubelet, or
// because the API server makes every start of a pod ask the registry.
func (k *kubeadmFiles) verifiesPulledImages(c *kubeletv1beta1.KubeletConfiguration) string {
	switch c.ImagePullCredentialsVerificationPolicy {
	case kubeletv1beta1.NeverVerifyPreloadedImages, kubeletv1beta1.AlwaysVerify:
		if k.cluster.Version.Has(model.PullCredentials) {
			return ""
		}
	}
	if m, err := flags(k.config.APIServer.ExtraArgs, apiServerFlags); err == nil &&
		lists("AlwaysPullImages")(m["enable-admission-plugins"]) && lacks("AlwaysPullImages")(m["disable-admission-plugins"]) {
		return ""
	}
	return "imagePullCredentialsVerificationPolicy must be NeverVerifyPreloadedImages or AlwaysVerify on a version that knows it, " +
		"or the API server must enable AlwaysPullImages"
}

func unless(ok bool, message string) string {
	if ok {
		return ""
	}
	return message
}

func runKubelet(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		k.judgeBase()
		for _, pool := range k.cluster.NodePools {
			k.judgePool(pool)
		}
	}
}

func (k *kubeadmFiles) judgePool(pool *model.NodePool) {
	p, subject := k.pass, pool.Addr()
	registrations, err := k.registrations(pool)
	if err != nil {
		p.Find(Finding{Subject: subject, Path: registrations[0].path, Message: fmt.Sprintf("How nodes of the pool join cannot be judged: %v.", err)})
		return
	}
	if len(registrations) == 0 {
		return
	}
	k.judgeTaints(pool, registrations)

	proof := path.Join(k.patchDir(pool), kubeletPatchName)
	var configs []*kubeletv1beta1.KubeletConfiguration
	for _, r := range registrations {
		c, file, err := k.effective(pool, r)
		if err != nil {
			p.Find(Finding{Subject: subject, Path: file, Message: fmt.Sprintf("The kubelet's configuration proves nothing: %v.", err)})
			return
		}
		if file == k.path {
			proof = k.path
		}
		configs = append(configs, c)
	}
	rules := kubeletRules
	if !pool.Has(model.RoleControlPlane) {
		rules = append(slices.Clone(rules), kubeletRule{model.StaticPodsOff, func(c *kubeletv1beta1.KubeletConfiguration) string {
			return unless(c.StaticPodPath == "" && c.StaticPodURL == "", "staticPodPath and staticPodURL must be empty")
		}})
	}
	if k.cluster.Version.Has(model.PullCredentials) || k.cluster.Admission.AlwaysPullImages {
		rules = append(slices.Clone(rules), kubeletRule{model.PulledImagesVerified, k.verifiesPulledImages})
	}
	for _, r := range rules {
		wrong := ""
		for _, c := range configs {
			if wrong == "" {
				wrong = r.wrong(c)
			}
		}
		if wrong == "" {
			p.Prove(r.control, subject, proof)
			continue
		}
		p.Find(Finding{Control: r.control, Subject: subject, Path: proof, Object: "KubeletConfiguration", Message: wrong + "."})
	}
}

// kubeletConfig is the configuration that kubeadm writes to a node, or why it cannot be known.
type kubeletConfig struct {
	config *kubeletv1beta1.KubeletConfiguration
	path   string // of the file that decides
	err    error
}

// effective returns the configuration that kubeadm writes to a node that enters by the file, and the file that decides.
func (k *kubeadmFiles) effective(pool *model.NodePool, r registration) (*kubeletv1beta1.KubeletConfiguration, string, error) {
	if _, err := flags(r.reg.KubeletExtraArgs, []string{"node-ip"}); err != nil {
		return nil, r.path, err
	}
	patch := ""
	switch r.patches {
	case "":
	case nodePatches:
		patch = path.Join(k.patchDir(pool), kubeletPatchName)
	default:
		return nil, r.path, fmt.Errorf("patches come from %q and not from %s", r.patches, nodePatches)
	}
	if k.pools[patch] == nil {
		k.pools[patch] = k.patched(patch)
	}
	c := k.pools[patch]
	return c.config, c.path, c.err
}

// patched returns the cluster's configuration with the patch in the file, if there is one.
func (k *kubeadmFiles) patched(patch string) *kubeletConfig {
	c := &kubeletConfig{config: &kubeletv1beta1.KubeletConfiguration{}, path: k.path}
	// kubeadm names the directory of static pods if init.yaml does not, and only a patch can take it away.
	merged := map[string]any{"staticPodPath": nodeManifests}
	for field, value := range k.kubelet {
		if field != "staticPodPath" || value != "" {
			merged[field] = value
		}
	}
	if data, ok := k.pass.Files[patch]; ok {
		c.path = patch
		docs, err := splitYAML(data)
		if err == nil && len(docs) != 1 {
			err = fmt.Errorf("one document is wanted, there are %d", len(docs))
		}
		fields := map[string]any{}
		if err == nil {
			err = decodeStrict(docs[0], &fields)
		}
		if err != nil {
			c.err = err
			return c
		}
		merged = mergePatch(merged, fields)
	}
	if c.err = remarshal(merged, c.config); c.err != nil {
		return c
	}
	if c.config.APIVersion != "kubelet.config.k8s.io/v1beta1" || c.config.Kind != "KubeletConfiguration" {
		c.err = fmt.Errorf("it is a %q of %q", c.config.Kind, c.config.APIVersion)
	} else if field := unjudgedField("", merged); field != "" {
		c.err = fmt.Errorf("nothing here judges the field %s", field)
	}
	return c
}

// judgeTaints proves the taints with which the pool's nodes register themselves.
func (k *kubeadmFiles) judgeTaints(pool *model.NodePool, registrations []registration) {
	judge := func(control model.ControlID, key, value string) {
		for _, r := range registrations {
			if !slices.ContainsFunc(r.reg.Taints, func(t corev1.Taint) bool {
				return t.Key == key && t.Value == value && (t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute)
			}) {
				k.pass.Find(Finding{Control: control, Subject: pool.Addr(), Path: r.path, Object: "nodeRegistration.taints",
					Message: fmt.Sprintf("The taint %s=%s:NoSchedule is missing.", key, value)})
				return
			}
		}
		for _, r := range registrations {
			k.pass.Prove(control, pool.Addr(), r.path)
		}
	}
	if pool.Has(model.RoleControlPlane) {
		judge(model.ControlPlaneTaint, generate.ControlPlaneTaint, "")
	}
	if pool.Dedicated {
		judge(model.PoolDedicated, generate.DedicatedTaint, pool.Name)
	}
}
