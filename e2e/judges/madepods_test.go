//go:build e2e

package judges_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// made is what became of an object that makes pods.
type made struct {
	pods    int
	refused string // in the API server's words
}

// owned is an object with its controller.
type owned struct {
	Metadata struct {
		Name            string
		OwnerReferences []struct{ Kind, Name string }
	}
}

// pods waits until each of the objects that make pods has got some, or was refused some, and says which, by their ids.
func (h *house) pods(t *testing.T, namespace string, objects []judges.Object) map[string]made {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		found := h.podsNow(t, namespace)
		all, waiting := map[string]made{}, []string{}
		for _, o := range objects {
			if !slices.Contains([]string{"DaemonSet", "Deployment", "Job", "StatefulSet"}, o.Kind) {
				continue
			}
			m := found[o.Kind+"/"+o.Name]
			if m == (made{}) {
				waiting = append(waiting, o.ID())
			}
			all[o.ID()] = m
		}
		if len(waiting) == 0 {
			return all
		}
		if time.Now().After(end) {
			t.Fatalf("no controller makes pods of %s", waiting)
		}
	}
}

// podsNow looks at the pods of a namespace, and at those that could not be made, by kind and name of what makes them.
func (h *house) podsNow(t *testing.T, namespace string) map[string]made {
	t.Helper()
	var pods, sets struct{ Items []owned }
	var events struct {
		Items []struct {
			Reason, Message string
			InvolvedObject  struct{ Kind, Name string }
		}
	}
	for path, list := range map[string]any{
		"/api/v1/namespaces/" + namespace + "/pods":              &pods,
		"/apis/apps/v1/namespaces/" + namespace + "/replicasets": &sets,
		"/api/v1/namespaces/" + namespace + "/events":            &events,
	} {
		if err := h.server.Get(t.Context(), path, list); err != nil {
			t.Fatal(err)
		}
	}
	deployment := map[string]string{}
	for _, s := range sets.Items {
		for _, owner := range s.Metadata.OwnerReferences {
			deployment[s.Metadata.Name] = owner.Kind + "/" + owner.Name
		}
	}
	maker := func(kind, name string) string {
		if kind == "ReplicaSet" {
			return deployment[name]
		}
		return kind + "/" + name
	}
	found := map[string]made{}
	for _, p := range pods.Items {
		for _, owner := range p.Metadata.OwnerReferences {
			m := found[maker(owner.Kind, owner.Name)]
			m.pods++
			found[maker(owner.Kind, owner.Name)] = m
		}
	}
	for _, e := range events.Items {
		// Two pods were counted against a quota at the same time; the controller tries again.
		conflict := strings.Contains(e.Message, "the object has been modified")
		if e.Reason == "FailedCreate" && !conflict {
			m := found[maker(e.InvolvedObject.Kind, e.InvolvedObject.Name)]
			m.refused = e.Message
			found[maker(e.InvolvedObject.Kind, e.InvolvedObject.Name)] = m
		}
	}
	return found
}
