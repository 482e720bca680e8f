package model

// StandardNote says of one requirement what the state of its controls does not: where in the file the setting stands,
// what people do where no file can, and what was decided where standards contradict each other.
type StandardNote struct {
	// Place is a setting in the file that the requirement's first control names: a flag of a component, a field, a line.
	Place string
	// Role is that of the nodes whose file is meant, where it is another one than the control plane's.
	Role Role
	// ExternalPlace is the field of the cluster's init.yaml that stands for Place where etcd has machines of its own; empty:
	// it is Place there too.
	ExternalPlace string
	// People is why no file can do it, and how people do it. Empty: files can.
	People string
	// Absent is why the requirement is about nothing here, where its control is not applicable.
	Absent string
	// Decision is what was chosen between contradicting standards, and what the choice is called.
	Decision string
	// Deviation is what the requirement's letter asks for and no choice gives, and why. Such a requirement is met partly at
	// best, whatever its controls say.
	Deviation string
}

// standardNotes are by id of the requirement. Places of CIS sections 1.1 and 4.1 are the second words of lines of
// tmpfiles.conf.
var standardNotes = map[string]StandardNote{
	"CIS-1.12-1.1.1":  {Place: "/etc/kubernetes/manifests/*.yaml"},
	"CIS-1.12-1.1.2":  {Place: "/etc/kubernetes/manifests/*.yaml"},
	"CIS-1.12-1.1.3":  {Place: "/etc/kubernetes/manifests/*.yaml"},
	"CIS-1.12-1.1.4":  {Place: "/etc/kubernetes/manifests/*.yaml"},
	"CIS-1.12-1.1.5":  {Place: "/etc/kubernetes/manifests/*.yaml"},
	"CIS-1.12-1.1.6":  {Place: "/etc/kubernetes/manifests/*.yaml"},
	"CIS-1.12-1.1.7":  {Place: "/etc/kubernetes/manifests/etcd.yaml", Role: RoleEtcd},
	"CIS-1.12-1.1.8":  {Place: "/etc/kubernetes/manifests/etcd.yaml", Role: RoleEtcd},
	"CIS-1.12-1.1.9":  {Place: "/etc/cni/net.d/*"},
	"CIS-1.12-1.1.10": {Place: "/etc/cni/net.d/*"},
	"CIS-1.12-1.1.11": {Place: "/var/lib/etcd", Role: RoleEtcd},
	"CIS-1.12-1.1.12": {Place: "/var/lib/etcd", Role: RoleEtcd},
	"CIS-1.12-1.1.13": {Place: "/etc/kubernetes/super-admin.conf"},
	"CIS-1.12-1.1.14": {Place: "/etc/kubernetes/super-admin.conf"},
	"CIS-1.12-1.1.15": {Place: "/etc/kubernetes/scheduler.conf"},
	"CIS-1.12-1.1.16": {Place: "/etc/kubernetes/scheduler.conf"},
	"CIS-1.12-1.1.17": {Place: "/etc/kubernetes/controller-manager.conf"},
	"CIS-1.12-1.1.18": {Place: "/etc/kubernetes/controller-manager.conf"},
	"CIS-1.12-1.1.19": {Place: "/etc/kubernetes/pki"},
	"CIS-1.12-1.1.20": {Place: "/etc/kubernetes/pki/*.crt"},
	"CIS-1.12-1.1.21": {Place: "/etc/kubernetes/pki/*.key"},
	"CIS-1.12-4.1.1":  {Place: "/usr/lib/systemd/system/kubelet.service.d/*"},
	"CIS-1.12-4.1.2":  {Place: "/usr/lib/systemd/system/kubelet.service.d/*"},
	"CIS-1.12-4.1.3":  {Place: "/var/lib/kube-proxy/kubeconfig.conf"},
	"CIS-1.12-4.1.4":  {Place: "/var/lib/kube-proxy/kubeconfig.conf"},
	"CIS-1.12-4.1.5":  {Place: "/etc/kubernetes/kubelet.conf"},
	"CIS-1.12-4.1.6":  {Place: "/etc/kubernetes/kubelet.conf"},
	"CIS-1.12-4.1.7":  {Place: "/etc/kubernetes/pki/ca.crt"},
	"CIS-1.12-4.1.8":  {Place: "/etc/kubernetes/pki/ca.crt"},
	"CIS-1.12-4.1.9":  {Place: "/var/lib/kubelet/config.yaml"},
	"CIS-1.12-4.1.10": {Place: "/var/lib/kubelet/config.yaml"},
	"CIS-1.12-1.2.1":  {Place: "anonymous.conditions", Decision: "The field and the flag --anonymous-auth exclude each other, and load balancers ask the health paths: the field is the safer choice. kube-bench looks for the flag only and warns."},
	"CIS-1.12-1.2.6":  {Place: "apiServer.extraArgs: authorization-mode", Decision: "The flag and not AuthorizationConfiguration, because no webhook authorizes and scanners read the flag."},
	"CIS-1.12-1.2.7":  {Place: "apiServer.extraArgs: authorization-mode"},
	"CIS-1.12-1.2.8":  {Place: "apiServer.extraArgs: authorization-mode"},
	"CIS-1.12-1.2.11": {Place: "imagePullCredentialsVerificationPolicy", Decision: "AlwaysPullImages would stop every start of a pod while the registry is away; the kubelet's check of credentials serves the same end. Choose with cluster.admission.always_pull_images."},
	"CIS-1.12-1.2.3":  {Place: "apiServer.extraArgs: enable-admission-plugins", Decision: "CIS wants DenyServiceExternalIPs enabled, trivy (KCV-0003) reports it as a fault. It is on: the benchmark is right, the fields are deprecated since 1.36."},
	"CIS-1.12-1.2.4":  {Place: "apiServer.extraArgs: kubelet-client-certificate"},
	"CIS-1.12-1.2.5":  {Place: "apiServer.extraArgs: kubelet-certificate-authority", Decision: "It needs serving certificates of the cluster's authority: admit-nodes.sh approves each request after it has compared its names with the specification."},
	"CIS-1.12-1.2.10": {Place: "apiServer.extraArgs: enable-admission-plugins"},
	"CIS-1.12-1.2.14": {Place: "apiServer.extraArgs: enable-admission-plugins"},
	"CIS-1.12-1.2.15": {Place: "apiServer.extraArgs: profiling"},
	"CIS-1.12-1.2.20": {Place: "apiServer.extraArgs: request-timeout"},
	"CIS-1.12-1.2.21": {Place: "apiServer.extraArgs: service-account-lookup"},
	"CIS-1.12-1.2.22": {Place: "apiServer.extraArgs: service-account-key-file"},
	"CIS-1.12-1.2.23": {Place: "apiServer.extraArgs: etcd-certfile", ExternalPlace: "etcd.external.certFile"},
	"CIS-1.12-1.2.24": {Place: "apiServer.extraArgs: tls-cert-file"},
	"CIS-1.12-1.2.25": {Place: "apiServer.extraArgs: client-ca-file"},
	"CIS-1.12-1.2.26": {Place: "apiServer.extraArgs: etcd-cafile", ExternalPlace: "etcd.external.caFile"},
	"CIS-1.12-1.2.28": {Place: "resources.providers"},
	"CIS-1.12-1.2.29": {Place: "apiServer.extraArgs: tls-cipher-suites", Decision: "The minimum is TLS 1.3, which has no choice of suites; the list is stated for scanners. etcd refuses it beside TLS 1.3 and has none."},
	"CIS-1.12-1.2.30": {Place: "apiServer.extraArgs: service-account-extend-token-expiration"},
	"CIS-1.12-1.3.1":  {Place: "controllerManager.extraArgs: terminated-pod-gc-threshold"},
	"CIS-1.12-1.3.2":  {Place: "controllerManager.extraArgs: profiling"},
	"CIS-1.12-1.3.3":  {Place: "controllerManager.extraArgs: use-service-account-credentials"},
	"CIS-1.12-1.3.4":  {Place: "controllerManager.extraArgs: service-account-private-key-file"},
	"CIS-1.12-1.3.5":  {Place: "controllerManager.extraArgs: root-ca-file"},
	"CIS-1.12-1.3.6":  {Place: "serverTLSBootstrap"},
	"CIS-1.12-1.3.7":  {Place: "controllerManager.extraArgs: bind-address", Decision: "Prometheus cannot reach metrics on loopback; monitoring needs a proxy on the node that asks for credentials."},
	"CIS-1.12-1.4.1":  {Place: "scheduler.extraArgs: profiling"},
	"CIS-1.12-1.4.2":  {Place: "scheduler.extraArgs: bind-address"},
	"CIS-1.12-2.1":    {Place: "etcd.local.extraArgs: cert-file"},
	"CIS-1.12-2.2":    {Place: "etcd.local.extraArgs: client-cert-auth"},
	"CIS-1.12-2.3":    {Place: "etcd.local.extraArgs: auto-tls"},
	"CIS-1.12-2.4":    {Place: "etcd.local.extraArgs: peer-cert-file"},
	"CIS-1.12-2.5":    {Place: "etcd.local.extraArgs: peer-client-cert-auth"},
	"CIS-1.12-2.6":    {Place: "etcd.local.extraArgs: peer-auto-tls"},
	"CIS-1.12-2.7":    {Place: "etcd.local.extraArgs: trusted-ca-file"},
	"CIS-1.12-3.2.2":  {Place: "rules", Decision: "STIG V-242403 wants full requests everywhere, upstream wants Secrets and tokens without content. Their content would make the log a second store of secrets, so they are recorded without, whatever cluster.audit.contents says."},
	"STIG-V-242403": {Place: "rules", Decision: "Choose with cluster.audit.contents: \"changes\", the default, leaves out what reads return, status reports, health probes, leases and written events; \"all\" records them.",
		Deviation: "With either, requests for Secrets, ConfigMaps and tokens are recorded without content, against the letter of the requirement: CIS 3.2.2 and Kubernetes ask for it, and whoever reads the log would hold every secret."},
	"CIS-1.12-4.2.1":  {Place: "authentication"},
	"CIS-1.12-4.2.2":  {Place: "authorization"},
	"CIS-1.12-4.2.3":  {Place: "authentication"},
	"CIS-1.12-4.2.4":  {Place: "readOnlyPort", Decision: "The patch states 0, because what kubeadm writes by itself leaves zeros out and scanners look for the field."},
	"CIS-1.12-4.2.5":  {Place: "apiVersion", Decision: "The field has no effect since 1.34 and is deprecated: it is not written, so it is not 0. STIG V-245541 asks for the same."},
	"CIS-1.12-4.2.6":  {Place: "makeIPTablesUtilChains", Decision: "The field only makes a chain that tells others how the node filters. It is stated for scanners."},
	"CIS-1.12-4.2.8":  {Place: "eventRecordQPS", Decision: "50, never 0: that means unlimited since 1.37."},
	"CIS-1.12-4.2.9":  {Place: "serverTLSBootstrap", Decision: "Not files of a certificate, which nobody would renew: the kubelet asks the cluster for one and renews it. kube-bench looks for the files only and warns."},
	"CIS-1.12-4.2.10": {Place: "rotateCertificates"},
	"CIS-1.12-4.2.11": {Place: "serverTLSBootstrap"},
	"CIS-1.12-4.2.12": {Place: "tlsCipherSuites", Decision: "TLS 1.3 has no choice of suites; the list is stated for scanners, see CIS 1.2.29."},
	"CIS-1.12-4.2.13": {Place: "podPidsLimit"},
	"CIS-1.12-4.2.14": {Place: "seccompDefault"},
	"CIS-1.12-4.3.1":  {Place: "metricsBindAddress", Absent: "There is no kube-proxy: Cilium replaces it. kube-bench finds no such process and fails."},
	"CIS-1.12-5.3.1":  {People: "A file of this tree can ask for policies, and only the network plugin enforces them. The specification accepts only plugins that do; try it on the cluster: a pod of a namespace with default-deny must reach nothing."},
	"CIS-1.12-5.6.4":  {People: "No object of this tree is in the namespace default, and a specification that declares it is refused; what people put there by hand only they can remove: kubectl get all --namespace default must list nothing but the service kubernetes."},
	"STIG-V-242393":   {Place: "apt-get purge -y openssh-server", Decision: "A pool whose ssh_from is left out has no sshd, which is the default. One that names a jump box keeps its sshd, against the letter of the requirement: people reach it with a second factor and are recorded. Without sshd a worker is replaced, or mended at its console."},
	"STIG-V-242394":   {Place: "apt-get purge -y openssh-server", Decision: "See STIG V-242393: sshd is not installed unless ssh_from asks for it."},
	"STIG-V-242397":   {Place: "staticPodPath", Decision: "The field is empty on workers: what runs there comes from the API server and its admission. A debug pod or a DaemonSet takes the place of static pods."},
	"STIG-V-245541":   {Decision: "The field has no effect since 1.34 and is not written, so it is not 0; see CIS 4.2.5."},
	"STIG-V-242434":   {Place: "protectKernelDefaults", Decision: "CIS has dropped the check, STIG keeps it: the stricter holds. The node files set all six values that the kubelet compares, so it starts."},
}

// Note returns what was decided and is known about the requirement besides its controls; often nothing.
func (s Standard) Note() StandardNote { return standardNotes[s.ID] }
