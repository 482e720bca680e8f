package verify

import (
	"fmt"
	"path"
	"slices"

	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

// standaloneRules are those of a kubelet without a server and without an API server.
var standaloneRules = func() []kubeletRule {
	silent := func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.EnableServer != nil && !*c.EnableServer, "enableServer must be false: this kubelet cannot ask who a caller is")
	}
	rules := []kubeletRule{{model.KubeletAuthentication, func(c *kubeletv1beta1.KubeletConfiguration) string {
		if c.Authentication.Anonymous.Enabled == nil || *c.Authentication.Anonymous.Enabled {
			return "authentication.anonymous.enabled must be false"
		}
		return silent(c)
	}}, {model.KubeletAuthorization, silent}, {model.KubeletTLS, silent}}
	for _, r := range kubeletRules {
		if slices.Contains([]model.ControlID{model.KubeletReadOnlyPortOff, model.SeccompDefault, model.PIDsLimited, model.KernelDefaultsProtected}, r.control) {
			rules = append(rules, r)
		}
	}
	return rules
}()

// judgeStandalone judges the kubelet of the members' nodes and how systemd starts it.
func (k *kubeadmFiles) judgeStandalone() {
	file, unit := path.Join(k.dir(), "etcd", "kubelet.yaml"), path.Join(k.dir(), "etcd", "kubelet.conf")
	c := &kubeletv1beta1.KubeletConfiguration{}
	reported := unit
	err := judgeUnit(k.pass.Files[unit], map[string][]string{"Service": {"ExecStart=", "ExecStart=/usr/bin/kubelet --config=/etc/kubernetes/etcd-kubelet.yaml"}})
	if err == nil {
		reported = file
		var docs [][]byte
		if docs, err = splitYAML(k.pass.Files[file]); err == nil && len(docs) != 1 {
			err = fmt.Errorf("one document is wanted, there are %d", len(docs))
		}
		if err == nil {
			err = decodeStrict(docs[0], c)
		}
		switch {
		case err != nil:
		case c.APIVersion != "kubelet.config.k8s.io/v1beta1" || c.Kind != "KubeletConfiguration":
			err = fmt.Errorf("it is a %q of %q", c.Kind, c.APIVersion)
		case c.StaticPodURL != "" || c.StaticPodPath != nodeManifests:
			err = fmt.Errorf("staticPodURL must be left out, and staticPodPath must be %s", nodeManifests)
		case c.ContainerRuntimeEndpoint != nodeRuntime:
			err = fmt.Errorf("containerRuntimeEndpoint is %q and not %s", c.ContainerRuntimeEndpoint, nodeRuntime)
		case !loopback(c.HealthzBindAddress):
			err = fmt.Errorf("healthzBindAddress is %q; it must be 127.0.0.1 or ::1", c.HealthzBindAddress)
		default:
			err = unjudgedStandalone(docs[0])
		}
	}
	if err == nil {
		k.standaloneDeclared(c, file)
	}
	for _, pool := range k.cluster.NodePools {
		if !pool.EtcdOnly() {
			continue
		}
		if err != nil {
			k.pass.Find(Finding{Subject: pool.Addr(), Path: reported, Message: fmt.Sprintf("The kubelet's configuration proves nothing: %v.", err)})
			continue
		}
		for _, r := range standaloneRules {
			if wrong := r.wrong(c); wrong != "" {
				k.pass.Find(Finding{Control: r.control, Subject: pool.Addr(), Path: file, Object: "KubeletConfiguration", Message: wrong + "."})
				continue
			}
			k.pass.Prove(r.control, pool.Addr(), file)
		}
	}
}

// standaloneDeclared judges what no control hangs on, but without which no member starts, or other pods could starve it. A
// kubelet that shall ask an API server who somebody is ends at once if it knows none.
func (k *kubeadmFiles) standaloneDeclared(c *kubeletv1beta1.KubeletConfiguration, file string) {
	s := sameAs{k, file, "KubeletConfiguration"}
	webhook, old := c.Authentication.Webhook.Enabled, c.FailCgroupV1
	s.equal("authentication.webhook.enabled", webhook == nil || *webhook, false)
	s.equal("authentication.x509.clientCAFile", c.Authentication.X509.ClientCAFile, "")
	s.equal("authorization.mode", c.Authorization.Mode, kubeletv1beta1.KubeletAuthorizationModeAlwaysAllow)
	s.equal("cgroupDriver", c.CgroupDriver, "systemd") // as containerd's configuration
	s.equal("failCgroupV1", old != nil && *old, true)
	s.reserved("systemReserved", c.SystemReserved)
}

// unjudgedStandalone refuses fields that no check of such a kubelet judges: feature gates, for one, could undo the others.
func unjudgedStandalone(doc []byte) error {
	fields := map[string]any{}
	if err := yaml.Unmarshal(doc, &fields); err != nil {
		return err
	}
	// A kubelet of the cluster has neither: its server is needed, and kubeadm names its runtime.
	delete(fields, "enableServer")
	delete(fields, "containerRuntimeEndpoint")
	if field := unjudgedField("", fields); field != "" {
		return fmt.Errorf("nothing here judges the field %s", field)
	}
	return nil
}
