package model

import "time"

// podGrants are the weakenings of workloads that admission lets through pod by pod, with the word for what their pods then may.
var podGrants = map[string]string{
	"host.network": "network", "host.pid": "pid", "host.ipc": "ipc", "host.ports": "port", "host.paths": "path",
	"security.privileged": "privileged", "security.escalation": "escalation", "security.run_as_root": "root",
	"security.unconfined": "unconfined", "security.capabilities": "capability",
}

// PodGrant says what pods may do because of the weakening and would be refused for without: "pid", "path /",
// "capability SYS_TIME"; "" where it is nothing that shows in a pod.
func (w *Weakening) PodGrant() string {
	word := podGrants[w.Attribute]
	if word != "" && w.Key != "" {
		return word + " " + w.Key
	}
	return word
}

// opensNamespace reports whether the weakening is why admission lets the pods of an add-on's namespace through as a whole.
func (w *Weakening) opensNamespace(addons []*AddOn) bool {
	for _, a := range addons {
		if a.Namespace != nil && w.Attribute == "namespace.pod_security" && w.Subject == a.Namespace.Addr() {
			return true
		}
	}
	return false
}

// RefusedFrom returns the moments from which clusters refuse new pods that need what exceptions with OnExpiry "refuse" gave: by
// the block that is weakened, then by PodGrant; "" is the level of a namespace. What several weakenings of one block give, as of
// two containers, ends with the last of them.
func (s *Spec) RefusedFrom() map[Address]map[string]time.Time {
	ends, forever := map[Address]map[string]time.Time{}, map[Address]map[string]bool{}
	for _, w := range s.Weakenings {
		grant := w.PodGrant()
		if w.Exception == nil || grant == "" && !w.opensNamespace(s.AddOns) {
			continue
		}
		if w.Exception.OnExpiry != ExpiryRefuse {
			if forever[w.Subject] == nil {
				forever[w.Subject] = map[string]bool{}
			}
			forever[w.Subject][grant] = true
			delete(ends[w.Subject], grant)
			continue
		}
		if forever[w.Subject][grant] {
			continue
		}
		if ends[w.Subject] == nil {
			ends[w.Subject] = map[string]time.Time{}
		}
		if end := w.Exception.Expires; end.After(ends[w.Subject][grant]) {
			ends[w.Subject][grant] = end
		}
	}
	return ends
}
