//go:build e2e

package judges_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

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

// pods waits until each of the objects that make pods has got its pods, or was refused one, and says which, by their ids.
func (h *house) pods(t *testing.T, namespace string, objects []judges.Object) map[string]made {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		found := h.podsNow(t, namespace)
		all, waiting := map[string]made{}, []string{}
		for _, o := range objects {
			wants := wanted(t, o)
			if wants == 0 {
				continue
			}
			m := found[o.Kind+"/"+o.Name]
			if m.pods < wants && m.refused == "" {
				waiting = append(waiting, o.ID())
			}
			all[o.ID()] = m
		}
		if len(waiting) == 0 {
			return all
		}
		if time.Now().After(end) {
			t.Fatalf("no controller makes the pods of %s", waiting)
		}
	}
}

// wanted is how many pods the controllers make of an object while none becomes ready.
func wanted(t *testing.T, o judges.Object) int {
	t.Helper()
	switch o.Kind {
	case "DaemonSet", "Job", "StatefulSet":
		return 1
	case "Deployment":
		var deployment struct{ Spec struct{ Replicas *int } }
		if err := yaml.Unmarshal(o.YAML, &deployment); err != nil {
			t.Fatal(err)
		}
		if n := deployment.Spec.Replicas; n != nil {
			return *n
		}
		return 1
	}
	return 0
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

// makesPods waits for the pods of a tree. None is refused. Of each CronJob one Job is made.
func (h *house) makesPods(t *testing.T, e example) {
	t.Helper()
	objects := map[string][]judges.Object{}
	for _, o := range e.objects {
		if o.Kind == "CronJob" {
			o = h.startJob(t, o)
		}
		if wanted(t, o) > 0 {
			objects[o.Namespace] = append(objects[o.Namespace], o)
		}
	}
	makers, pods := 0, 0
	for _, namespace := range slices.Sorted(maps.Keys(objects)) {
		found := h.pods(t, namespace, objects[namespace])
		for _, id := range slices.Sorted(maps.Keys(found)) {
			if said := found[id].refused; said != "" {
				t.Errorf("%s: %s", id, said)
			}
			makers, pods = makers+1, pods+found[id].pods
		}
	}
	h.typeChecked(t)
	fmt.Printf("API server   %s %6d pods of %d workloads of %s\n", release, pods, makers, e.name)
}

// startJob makes a Job of a CronJob, as its controller does when its time has come.
func (h *house) startJob(t *testing.T, o judges.Object) judges.Object {
	t.Helper()
	name := o.Name + "-now"
	if _, err := h.run(t.Context(), h.kubectl, "kubernetes-admin", nil, "create", "job", name, "--from=cronjob/"+o.Name, "--namespace", o.Namespace); err != nil {
		t.Fatal(err)
	}
	return judges.Object{APIVersion: "batch/v1", Kind: "Job", Namespace: o.Namespace, Name: name}
}
