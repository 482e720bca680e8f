package verify

import (
	"net"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// kubeProxyConfiguration holds the fields of KubeProxyConfiguration v1alpha1 that a file may use. The decoder refuses
// others, such as clientConnection, which could make kube-proxy act for somebody else.
type kubeProxyConfiguration struct {
	metav1.TypeMeta
	ClusterCIDR        string   `json:"clusterCIDR"`
	HealthzBindAddress string   `json:"healthzBindAddress"`
	MetricsBindAddress string   `json:"metricsBindAddress"`
	Mode               string   `json:"mode"`
	NodePortAddresses  []string `json:"nodePortAddresses"`
}

// judgeProxy proves that kube-proxy listens on loopback and writes nftables. A cluster without kube-proxy has nothing to
// prove. CIS Kubernetes Benchmark 1.12, 4.3.1.
func (k *kubeadmFiles) judgeProxy() {
	if k.config.Proxy.Disabled {
		return
	}
	wrong := ""
	switch {
	case k.proxy.Kind == "":
		wrong = "There is no KubeProxyConfiguration."
	case !onLoopback(k.proxy.MetricsBindAddress):
		wrong = "metricsBindAddress must be a port of 127.0.0.1 or [::1]."
	case !onLoopback(k.proxy.HealthzBindAddress):
		wrong = "healthzBindAddress must be a port of 127.0.0.1 or [::1]."
	case k.proxy.Mode != "nftables":
		wrong = "mode must be nftables."
	}
	if wrong == "" {
		k.pass.Prove(model.KubeProxyLocal, k.cluster.Addr(), k.path)
		return
	}
	k.pass.Find(Finding{Control: model.KubeProxyLocal, Subject: k.cluster.Addr(), Path: k.path, Object: "KubeProxyConfiguration", Message: wrong})
}

func onLoopback(address string) bool {
	host, port, err := net.SplitHostPort(address)
	return err == nil && port != "" && loopback(host)
}
