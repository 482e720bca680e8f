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
	staticPods,
	kubeVIP,
	externalEtcd,
}
