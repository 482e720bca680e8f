package generate

var clusterGenerators = []*Generator{
	kubeadm,
	kubelet,
	staticPods,
	authentication,
	admission,
	audit,
	encryption,
	bootstrap,
	cni,
}
