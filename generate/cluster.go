package generate

var clusterGenerators = []*Generator{
	kubeadm,
	kubelet,
	authentication,
	admission,
	audit,
	encryption,
	bootstrap,
	cni,
}
