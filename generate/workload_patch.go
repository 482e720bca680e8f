package generate

import (
	"encoding/json"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// workloadPatch hardens workloads whose objects are their team's own.
var workloadPatch = &Generator{
	Name: "workload-patch",
	Doc: `a kustomize component that hardens a team's own workload

The team takes the directory up as a component of its own kustomization. The patch sets what a pod may do, by the names
of the containers, and leaves images, commands and probes alone. Nothing is claimed: whether the component is taken up
no file of the tree shows. The namespace's enforced level refuses pods that miss it.`,
	Kinds: slices.Concat(
		objectKinds("apps/v1", "Deployment", "StatefulSet", "DaemonSet"), objectKinds("batch/v1", "Job", "CronJob"),
		objectKinds("kustomize.config.k8s.io/v1alpha1", "Component"),
	),
	Run: runWorkloadPatches,
}

// componentObject is kustomize.config.k8s.io/v1alpha1, Component.
type componentObject struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Patches    []componentPatch `json:"patches"`
}

type componentPatch struct {
	Path string `json:"path"`
}

func runWorkloadPatches(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, w := range c.Workloads() {
			if w.Manifests != model.ManifestsPatch {
				continue
			}
			patch, err := patchOf(w)
			if err != nil {
				return err
			}
			dir := AppDir(w)
			p.Directory(Directory{
				Path:  dir,
				Title: "Patch for workload " + w.Namespace.Name + "/" + w.Name,
				Doc:   "Hardens the team's own manifests: name this directory under `components` in the kustomization that holds them.",
			})
			const file = "patch.yaml"
			if err := p.YAML(Artifact{Path: path.Join(dir, file), Doc: "what the pods may do", Where: "the team's kustomization"}, patch); err != nil {
				return err
			}
			err = p.YAML(Artifact{Path: path.Join(dir, kustomizationFile), Doc: "the component that holds the patch", Where: "the team's kustomization"},
				componentObject{APIVersion: "kustomize.config.k8s.io/v1alpha1", Kind: "Component", Patches: []componentPatch{{Path: file}}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// patchOf returns a strategic merge patch. It is made of maps: a typed object would write required fields as null, and
// null deletes.
func patchOf(w *model.Workload) (map[string]any, error) {
	spec, err := patchSpec(w)
	if err != nil {
		return nil, err
	}
	template := map[string]any{"template": map[string]any{"spec": spec}}
	apiVersion, kind := "apps/v1", w.Kind
	switch w.Kind {
	case model.CronJob:
		apiVersion, template = "batch/v1", map[string]any{"jobTemplate": map[string]any{"spec": template}}
	case model.Job:
		apiVersion = "batch/v1"
	case "":
		kind = model.Deployment
	}
	return map[string]any{
		"apiVersion": apiVersion,
		"kind":       string(kind),
		"metadata":   map[string]any{"name": w.Name, "namespace": w.Namespace.Name},
		"spec":       template,
	}, nil
}

func patchSpec(w *model.Workload) (map[string]any, error) {
	pod := corev1.PodSpec{
		ServiceAccountName:           accountName(w),
		AutomountServiceAccountToken: new(len(w.APIAccess) > 0),
		EnableServiceLinks:           new(false),
		ShareProcessNamespace:        new(false),
		ImagePullSecrets:             imagePullSecrets(w),
	}
	if len(w.Containers) > 0 {
		pod.SecurityContext = podSecurityContext(w)
	}
	for i, c := range slices.Concat(w.Containers, w.InitContainers) {
		hardened := corev1.Container{Name: c.Name, SecurityContext: securityContext(w, c, i)}
		if i < len(w.Containers) {
			pod.Containers = append(pod.Containers, hardened)
		} else {
			pod.InitContainers = append(pod.InitContainers, hardened)
		}
	}
	if userNamespace(w) {
		pod.HostUsers = new(false)
	}
	data, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	if len(pod.Containers) == 0 {
		delete(fields, "containers")
	}
	// False is left out by the API types, and must be said: the team's own manifest may say true.
	fields["hostNetwork"], fields["hostPID"], fields["hostIPC"] = w.Host.Network, w.Host.PID, w.Host.IPC
	return fields, nil
}
