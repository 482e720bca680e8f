package verify

import (
	"fmt"
	"maps"
	"slices"

	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
)

// kubeletFields are the fields of KubeletConfiguration that a check judges or that can undo no control; a field stands
// for all that is below it. Whatever is missing here, such as featureGates, allowedUnsafeSysctls or the cache of
// authorization, could undo a control in a way that no check judges.
var kubeletFields = []string{
	"apiVersion", "kind",
	"authentication.anonymous.enabled", "authentication.webhook.enabled", "authentication.x509.clientCAFile",
	"authorization.mode",
	"cgroupDriver", "clusterDNS", "clusterDomain",
	"enableDebugFlagsHandler", "enableProfilingHandler", "enableSystemLogHandler", "enableSystemLogQuery",
	"eventRecordQPS", "failCgroupV1", "healthzBindAddress", "imagePullCredentialsVerificationPolicy",
	"kubeReserved", "makeIPTablesUtilChains", "podPidsLimit", "protectKernelDefaults", "readOnlyPort",
	"rotateCertificates", "seccompDefault", "serverTLSBootstrap", "staticPodPath", "staticPodURL", "systemReserved",
	"tlsCertFile", "tlsCipherSuites", "tlsMinVersion", "tlsPrivateKeyFile",
	// Sizes, which no control hangs on.
	"containerLogMaxFiles", "containerLogMaxSize", "evictionHard", "evictionSoft", "evictionSoftGracePeriod",
	"imageGCHighThresholdPercent", "imageGCLowThresholdPercent", "imageMinimumGCAge", "maxParallelImagePulls", "maxPods",
	"serializeImagePulls", "shutdownGracePeriod", "shutdownGracePeriodCriticalPods",
}

// unjudgedField returns the first field that is not on the list, or "".
func unjudgedField(prefix string, fields map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		at := prefix + name
		if slices.Contains(kubeletFields, at) {
			continue
		}
		below, ok := fields[name].(map[string]any)
		if !ok || len(below) == 0 {
			return at
		}
		if field := unjudgedField(at+".", below); field != "" {
			return field
		}
	}
	return ""
}

// judgeBase judges the KubeletConfiguration of init.yaml by itself: it stays in the cluster, and a node that joins without
// its pool's patch runs with it.
func (k *kubeadmFiles) judgeBase() {
	find := func(format string, a ...any) {
		k.pass.Find(Finding{Subject: k.cluster.Addr(), Path: k.path, Object: "KubeletConfiguration", Message: fmt.Sprintf(format, a...)})
	}
	if k.kubelet == nil {
		find("It is missing, so a node that joins without its pool's patch has the defaults of kubeadm.")
		return
	}
	c := &kubeletv1beta1.KubeletConfiguration{}
	if err := remarshal(k.kubelet, c); err != nil {
		find("It cannot be judged: %v.", err)
		return
	}
	if field := unjudgedField("", k.kubelet); field != "" {
		find("Nothing here judges the field %s.", field)
	}
	for _, r := range kubeletRules {
		if wrong := r.wrong(c); wrong != "" {
			find("%s.", wrong)
		}
	}
}
