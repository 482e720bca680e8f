package generate

var clusterGenerators = []*Generator{
	kubeadm,
	kubelet,
	staticPods,
	externalEtcdNodes,
	authentication,
	admission,
	audit,
	encryption,
	bootstrap,
	cni,
}
