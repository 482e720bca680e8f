package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// The fields of kubeadm's v1beta4 configuration that a file may use. Whatever is missing here, such as featureGates,
// extraEnvs or ignorePreflightErrors, could undo a control in a way that no check judges, so the decoder refuses it.
type (
	kubeadmInit struct {
		metav1.TypeMeta
		BootstrapTokens  []kubeadmToken      `json:"bootstrapTokens"`
		LocalAPIEndpoint kubeadmEndpoint     `json:"localAPIEndpoint"`
		NodeRegistration kubeadmRegistration `json:"nodeRegistration"`
		Patches          kubeadmPatches      `json:"patches"`
		Timeouts         map[string]string   `json:"timeouts"`
	}
	kubeadmToken struct {
		Token       string          `json:"token"`
		Description string          `json:"description"`
		Groups      []string        `json:"groups"`
		TTL         metav1.Duration `json:"ttl"`
		Usages      []string        `json:"usages"`
	}
	kubeadmEndpoint struct {
		AdvertiseAddress string `json:"advertiseAddress"`
		BindPort         int    `json:"bindPort"`
	}
	kubeadmRegistration struct {
		Name             string         `json:"name"`
		CRISocket        string         `json:"criSocket"`
		ImagePullPolicy  string         `json:"imagePullPolicy"`
		KubeletExtraArgs []kubeadmArg   `json:"kubeletExtraArgs"`
		Taints           []corev1.Taint `json:"taints"`
	}
	kubeadmPatches struct {
		Directory string `json:"directory"`
	}
	kubeadmArg struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	kubeadmJoin struct {
		metav1.TypeMeta
		CACertPath   string `json:"caCertPath"`
		ControlPlane *struct {
			CertificateKey   string          `json:"certificateKey"`
			LocalAPIEndpoint kubeadmEndpoint `json:"localAPIEndpoint"`
		} `json:"controlPlane"`
		Discovery struct {
			File struct {
				KubeConfigPath string `json:"kubeConfigPath"`
			} `json:"file"`
		} `json:"discovery"`
		NodeRegistration kubeadmRegistration `json:"nodeRegistration"`
		Patches          kubeadmPatches      `json:"patches"`
		Timeouts         map[string]string   `json:"timeouts"`
	}
	kubeadmCluster struct {
		metav1.TypeMeta
		ClusterName                 string          `json:"clusterName"`
		KubernetesVersion           string          `json:"kubernetesVersion"`
		ControlPlaneEndpoint        string          `json:"controlPlaneEndpoint"`
		CertificatesDir             string          `json:"certificatesDir"`
		EncryptionAlgorithm         string          `json:"encryptionAlgorithm"`
		CertificateValidityPeriod   metav1.Duration `json:"certificateValidityPeriod"`
		CACertificateValidityPeriod metav1.Duration `json:"caCertificateValidityPeriod"`
		Networking                  struct {
			DNSDomain     string `json:"dnsDomain"`
			PodSubnet     string `json:"podSubnet"`
			ServiceSubnet string `json:"serviceSubnet"`
		} `json:"networking"`
		Proxy struct {
			Disabled bool `json:"disabled"`
		} `json:"proxy"`
		APIServer struct {
			CertSANs []string `json:"certSANs"`
			kubeadmComponent
		} `json:"apiServer"`
		ControllerManager kubeadmComponent `json:"controllerManager"`
		Scheduler         kubeadmComponent `json:"scheduler"`
		Etcd              struct {
			External *struct {
				Endpoints []string `json:"endpoints"`
				CAFile    string   `json:"caFile"`
				CertFile  string   `json:"certFile"`
				KeyFile   string   `json:"keyFile"`
			} `json:"external"`
			Local struct {
				DataDir   string       `json:"dataDir"`
				ExtraArgs []kubeadmArg `json:"extraArgs"`
			} `json:"local"`
		} `json:"etcd"`
	}
	kubeadmComponent struct {
		ExtraArgs    []kubeadmArg  `json:"extraArgs"`
		ExtraVolumes []kubeadmPath `json:"extraVolumes"`
	}
	kubeadmPath struct {
		Name      string `json:"name"`
		HostPath  string `json:"hostPath"`
		MountPath string `json:"mountPath"`
		ReadOnly  bool   `json:"readOnly"`
		PathType  string `json:"pathType"`
	}
)

const kubeadmVersion = "kubeadm.k8s.io/v1beta4"

// Where kubeadm and the scripts put things on a node.
const (
	nodePKI     = "/etc/kubernetes/pki"
	nodePatches = "/etc/kubernetes/patches"
)

// kubeadmFiles is what the files of one cluster say, read strictly.
type kubeadmFiles struct {
	pass    *Pass
	cluster *model.Cluster
	path    string // of init.yaml
	init    kubeadmInit
	config  kubeadmCluster
	kubelet map[string]any // KubeletConfiguration of the whole cluster
	pools   map[string]*kubeletConfig
	proxy   kubeProxyConfiguration
}

// kubeadmClusters reads init.yaml of each cluster whose control plane is ours, once for all checks. A file that cannot
// be read is a finding.
func kubeadmClusters(p *Pass) []*kubeadmFiles {
	if p.cache.kubeadm == nil {
		p.cache.kubeadm = []kubeadmFiles{}
		for _, c := range p.Spec.Clusters {
			if c.Provisioner != model.Kubeadm || len(generate.ControlPlaneNodes(c)) == 0 {
				continue
			}
			k := kubeadmFiles{pass: p, cluster: c, path: path.Join(generate.ControlPlaneDir(c), "init.yaml"), pools: map[string]*kubeletConfig{}}
			file, err := k.path, k.read()
			if err == nil {
				file, err = k.patchesAreHarmless()
			}
			if err != nil {
				p.Find(Finding{Subject: c.Addr(), Path: file, Message: fmt.Sprintf("The file cannot be judged, and with it the control plane: %v.", err)})
				continue
			}
			p.cache.kubeadm = append(p.cache.kubeadm, k)
		}
	}
	all := make([]*kubeadmFiles, len(p.cache.kubeadm))
	for i, k := range p.cache.kubeadm {
		k.pass = p
		all[i] = &k
	}
	return all
}

func (k *kubeadmFiles) read() error {
	data, ok := k.pass.Files[k.path]
	if !ok {
		return fmt.Errorf("it is missing")
	}
	docs, err := splitYAML(data)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, doc := range docs {
		meta, err := typeOf(doc)
		if err != nil {
			return err
		}
		name := meta.APIVersion + "/" + meta.Kind
		if seen[name] {
			return fmt.Errorf("%s stands there twice", meta.Kind)
		}
		seen[name] = true
		switch name {
		case kubeadmVersion + "/InitConfiguration":
			err = decodeStrict(doc, &k.init)
		case kubeadmVersion + "/ClusterConfiguration":
			err = decodeStrict(doc, &k.config)
		case "kubelet.config.k8s.io/v1beta1/KubeletConfiguration":
			err = decodeStrict(doc, &k.kubelet)
		case "kubeproxy.config.k8s.io/v1alpha1/KubeProxyConfiguration":
			err = decodeStrict(doc, &k.proxy)
		default:
			err = fmt.Errorf("nothing here judges a document %q", name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", meta.Kind, err)
		}
	}
	for _, kind := range []string{"InitConfiguration", "ClusterConfiguration"} {
		if !seen[kubeadmVersion+"/"+kind] {
			return fmt.Errorf("there is no %s", kind)
		}
	}
	if k.config.CertificatesDir != nodePKI {
		return fmt.Errorf("ClusterConfiguration: certificatesDir is %q and not %s", k.config.CertificatesDir, nodePKI)
	}
	return nil
}

// kubeletPatchName is the one patch of the kubelet that is judged.
const kubeletPatchName = "kubeletconfiguration+merge.yaml"

func (k *kubeadmFiles) patchDir(pool *model.NodePool) string {
	return path.Join(generate.ControlPlaneDir(k.cluster), "patches", pool.Name)
}

// registration is how one node, or the nodes of one worker pool, enter the cluster.
type registration struct {
	path    string
	node    *model.Node // nil: all nodes of the pool
	reg     kubeadmRegistration
	patches string
	join    *kubeadmJoin // nil: the node initializes the cluster
}

// registrations returns the files by which the pool's nodes enter the cluster: all of them, or an error and the one that
// it is about.
func (k *kubeadmFiles) registrations(pool *model.NodePool) ([]registration, error) {
	if pool.EtcdOnly() {
		return nil, nil // its nodes do not enter the cluster
	}
	if !pool.Has(model.RoleControlPlane) {
		r, err := k.join(pool.Name, nil)
		return []registration{r}, err
	}
	var all []registration
	for _, n := range pool.Nodes {
		if n == generate.ControlPlaneNodes(k.cluster)[0] {
			all = append(all, registration{path: k.path, node: &n, reg: k.init.NodeRegistration, patches: k.init.Patches.Directory})
			continue
		}
		r, err := k.join(n.Name, &n)
		if err != nil {
			return []registration{r}, err
		}
		all = append(all, r)
	}
	return all, nil
}

// join reads the file by which one node of the control plane, or the nodes of a worker pool, join.
func (k *kubeadmFiles) join(name string, controlPlane *model.Node) (registration, error) {
	file := path.Join(generate.ControlPlaneDir(k.cluster), "join-"+name+".yaml")
	r := registration{path: file, node: controlPlane}
	docs, err := splitYAML(k.pass.Files[file])
	if err == nil && len(docs) != 1 {
		err = fmt.Errorf("one document is wanted, there are %d", len(docs))
	}
	var j kubeadmJoin
	if err == nil {
		err = decodeStrict(docs[0], &j)
	}
	if err == nil && (j.APIVersion != kubeadmVersion || j.Kind != "JoinConfiguration") {
		err = fmt.Errorf("it is a %s of %s", j.Kind, j.APIVersion)
	}
	if err == nil && (j.ControlPlane != nil) != (controlPlane != nil) {
		err = fmt.Errorf("controlPlane does not fit the pool's roles")
	}
	r.reg, r.patches, r.join = j.NodeRegistration, j.Patches.Directory, &j
	return r, err
}

// flagName is what kubeadm writes behind two dashes. pflag takes underscores for dashes, so they are refused: a second
// name for a flag would hide it.
var flagName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// flags returns a component's flags by name. Each may stand there once (the last one would win) and must be known: a
// flag that no check judges may undo a control.
func flags(args []kubeadmArg, known []string) (map[string]string, error) {
	m := map[string]string{}
	for _, a := range args {
		switch _, twice := m[a.Name]; {
		case !flagName.MatchString(a.Name):
			return nil, fmt.Errorf("%q is no name of a flag", a.Name)
		case twice:
			return nil, fmt.Errorf("flag %s stands there twice, and the last one wins", a.Name)
		case !slices.Contains(known, a.Name):
			return nil, fmt.Errorf("nothing here judges flag %s", a.Name)
		}
		m[a.Name] = a.Value
	}
	return m, nil
}

// mergePatch applies a JSON merge patch (RFC 7386), as kubeadm does with *+merge.yaml.
func mergePatch(target, patch map[string]any) map[string]any {
	merged := maps.Clone(target)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(merged, key)
		case map[string]any:
			below, _ := merged[key].(map[string]any)
			merged[key] = mergePatch(below, v)
		default:
			merged[key] = v
		}
	}
	return merged
}

// remarshal decodes a generic value strictly into a type.
func remarshal(from, into any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return decodeStrict(data, into)
}

const (
	nodeHardening = "/etc/kubernetes/hardening"
	nodeAuditLog  = "/var/log/kubernetes/audit"
)

// dir is the directory of the cluster's control-plane files in the tree.
func (k *kubeadmFiles) dir() string { return generate.ControlPlaneDir(k.cluster) }

// volumes judges what is mounted into the API server: each directory at its own place, the hardening directory
// read-only, and nothing else, because another mount could cover a file that a flag names.
func (k *kubeadmFiles) volumes() error {
	mounted := map[string]bool{}
	kms, isKMS := strings.CutPrefix(k.cluster.Encryption.KMS, "unix://")
	for _, v := range k.config.APIServer.ExtraVolumes {
		expected := v.MountPath == nodeHardening && v.ReadOnly || v.MountPath == nodeAuditLog || isKMS && v.ReadOnly && v.MountPath == path.Dir(kms)
		if v.HostPath != v.MountPath || !expected || mounted[v.MountPath] {
			return fmt.Errorf("nothing here judges the API server's volume %q, which mounts %s at %s", v.Name, v.HostPath, v.MountPath)
		}
		mounted[v.MountPath] = true
	}
	wanted := []string{nodeHardening}
	if isKMS {
		wanted = append(wanted, path.Dir(kms))
	}
	for _, dir := range wanted {
		if !mounted[dir] {
			return fmt.Errorf("%s is not mounted into the API server", dir)
		}
	}
	return nil
}

// readHardening decodes the one document of the file that an API server flag names.
func (k *kubeadmFiles) readHardening(flag, apiVersion, kind string, into any) (string, error) {
	file, err := k.hardeningFile(flag)
	if err != nil {
		return k.path, err
	}
	data, ok := k.pass.Files[file]
	if !ok {
		return file, fmt.Errorf("the file that flag %s names is missing", flag)
	}
	docs, err := splitYAML(data)
	if err != nil {
		return file, err
	}
	if len(docs) != 1 {
		return file, fmt.Errorf("one document is wanted, there are %d", len(docs))
	}
	meta, err := typeOf(docs[0])
	if err != nil {
		return file, err
	}
	if meta.APIVersion != apiVersion || meta.Kind != kind {
		return file, fmt.Errorf("it is a %q of %q and not a %s of %s", meta.Kind, meta.APIVersion, kind, apiVersion)
	}
	return file, decodeStrict(docs[0], into)
}

// prove records that a file gives the cluster the control. The API server reads it because a flag names it: both the file
// and the kubeadm configuration are needed.
func (k *kubeadmFiles) prove(control model.ControlID, file string) {
	k.pass.Prove(control, k.cluster.Addr(), file)
	k.pass.needs(control, k.cluster.Addr(), k.path)
}
