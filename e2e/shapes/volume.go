package shapes

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// Volumes are persistent volumes for the claims of the controller's one pod: a directory of the node for each, below dir,
// made for that claim alone. There is no storage driver, and none is needed: the claim finds its volume by name.
func (c *Controller) Volumes(hostname, dir string) ([]*corev1.PersistentVolume, error) {
	var all []*corev1.PersistentVolume
	for _, claim := range c.Claims {
		all = append(all, volume(c.Namespace, fmt.Sprintf("%s-%s-0", claim.Name, c.Name), claim.Spec, hostname, dir))
	}
	text, err := os.ReadFile(filepath.Join(c.Dir, "volumes.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		var claim corev1.PersistentVolumeClaim
		if err := yaml.UnmarshalStrict(document, &claim); err != nil {
			return nil, err
		}
		all = append(all, volume(c.Namespace, claim.Name, claim.Spec, hostname, dir))
	}
	return all, nil
}

func volume(namespace, claim string, spec corev1.PersistentVolumeClaimSpec, hostname, dir string) *corev1.PersistentVolume {
	name := namespace + "." + claim
	class := ""
	if spec.StorageClassName != nil {
		class = *spec.StorageClassName
	}
	return &corev1.PersistentVolume{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      spec.Resources.Requests,
			AccessModes:                   spec.AccessModes,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			StorageClassName:              class,
			ClaimRef:                      &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: namespace, Name: claim},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: filepath.Join(dir, name)}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{hostname}}},
			}}}},
		},
	}
}
