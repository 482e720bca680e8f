package verify

var clusterChecks = []*Check{
	kubeadm,
	kubelet,
	authentication,
	admission,
	audit,
	encryption,
	joinToken,
	staticPods,
}
