package verify

var clusterChecks = []*Check{
	kubeadm,
	kubeadmDeclared,
	kubelet,
	authentication,
	admission,
	audit,
	encryption,
	joinToken,
	setupScripts,
	staticPods,
	kubeVIP,
	externalEtcd,
}
