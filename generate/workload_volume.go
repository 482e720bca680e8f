package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// mountedIn reports whether the container is one of those that a volume, secret or file names; none means the first.
func mountedIn(w *model.Workload, in []*model.Container, c *model.Container) bool {
	if len(in) == 0 {
		return c == w.Containers[0]
	}
	return slices.Contains(in, c)
}

func hasPersistentVolume(w *model.Workload) bool {
	return slices.ContainsFunc(w.Volumes, func(v *model.Volume) bool { return v.Kind == model.Persistent })
}

const (
	configVolume = "bartizan-config"
	tokenVolume  = "bartizan-token"
	tokenPath    = "/var/run/secrets/kubernetes.io/serviceaccount" // where client libraries look
	tokenSeconds = 3600
)

func podVolumes(q *quantities, w *model.Workload) []corev1.Volume {
	var volumes []corev1.Volume
	for _, v := range w.Volumes {
		if v.Kind == model.Persistent && w.Kind == model.StatefulSet {
			continue // comes from a claim template
		}
		volumes = append(volumes, corev1.Volume{Name: v.Name, VolumeSource: volumeSource(q, w, v)})
	}
	for _, s := range w.Secrets {
		volumes = append(volumes, corev1.Volume{Name: secretVolume(s), VolumeSource: secretSource(w, s)})
	}
	if len(w.Config) > 0 {
		volumes = append(volumes, corev1.Volume{Name: configVolume, VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: configName(w)},
				DefaultMode:          new(int32(0o440)),
			},
		}})
	}
	for _, p := range slices.Sorted(maps.Keys(w.Host.Paths)) {
		volumes = append(volumes, corev1.Volume{Name: hostVolume(p), VolumeSource: corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: p},
		}})
	}
	if len(w.APIAccess) > 0 {
		volumes = append(volumes, corev1.Volume{Name: tokenVolume, VolumeSource: corev1.VolumeSource{Projected: apiToken()}})
	}
	return volumes
}

func volumeSource(q *quantities, w *model.Workload, v *model.Volume) corev1.VolumeSource {
	switch v.Kind {
	case model.Persistent:
		return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(w, v)}}
	case model.Memory:
		return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory, SizeLimit: new(q.parse(v.Size))}}
	default:
		return corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: new(q.parse(v.Size))}}
	}
}

// apiToken is what the API server's own admission would mount, with a token that lives an hour.
// https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
func apiToken() *corev1.ProjectedVolumeSource {
	return &corev1.ProjectedVolumeSource{
		DefaultMode: new(int32(0o440)),
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: new(int64(tokenSeconds))}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
				Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
				Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"},
			}}}},
		},
	}
}

func volumeMounts(w *model.Workload, c *model.Container) []corev1.VolumeMount {
	var mounts []corev1.VolumeMount
	for _, v := range w.Volumes {
		if mountedIn(w, v.In, c) {
			mounts = append(mounts, corev1.VolumeMount{Name: v.Name, MountPath: v.Path, ReadOnly: v.ReadOnly})
		}
	}
	for _, s := range w.Secrets {
		if mountedIn(w, s.In, c) {
			mounts = append(mounts, corev1.VolumeMount{Name: secretVolume(s), MountPath: path.Join("/run/secrets", s.Name), ReadOnly: true})
		}
	}
	for _, f := range w.Config {
		if mountedIn(w, f.In, c) {
			// One file at a time: a mounted directory would hide what the image has beside it.
			mounts = append(mounts, corev1.VolumeMount{Name: configVolume, MountPath: path.Join(f.Path, f.Name), SubPath: configKey(f), ReadOnly: true})
		}
	}
	if c == w.Containers[0] {
		for _, p := range slices.Sorted(maps.Keys(w.Host.Paths)) {
			mounts = append(mounts, hostMount(p, w.Host.Paths[p]))
		}
		if len(w.APIAccess) > 0 {
			mounts = append(mounts, corev1.VolumeMount{Name: tokenVolume, MountPath: tokenPath, ReadOnly: true})
		}
	}
	return mounts
}

// hostMount mounts a directory of the node below /host. Read-only holds for the mounts below it too, where the
// runtime can: a read-only / with a writable /run is no protection.
func hostMount(dir string, mode model.HostMode) corev1.VolumeMount {
	m := corev1.VolumeMount{Name: hostVolume(dir), MountPath: path.Join("/host", dir)}
	if mode != model.ReadWrite {
		m.ReadOnly = true
		m.RecursiveReadOnly = new(corev1.RecursiveReadOnlyIfPossible)
		m.MountPropagation = new(corev1.MountPropagationNone)
	}
	return m
}

// hostVolume names the volume after its path, so that another path changes nothing here.
func hostVolume(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "host-" + hex.EncodeToString(sum[:4])
}

func secretVolume(s *model.SecretFile) string { return "secret-" + s.Name }

func configName(w *model.Workload) string { return w.Name + "-config" }

// configKey is the file's key in the ConfigMap, which allows letters, digits, dots, dashes and underscores.
func configKey(f *model.ConfigFile) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, f.Name)
}

func configMap(w *model.Workload) *corev1.ConfigMap {
	if len(w.Config) == 0 {
		return nil
	}
	data := map[string]string{}
	for _, f := range w.Config {
		data[configKey(f)] = f.Content
	}
	return &corev1.ConfigMap{TypeMeta: typeMeta("v1", "ConfigMap"), ObjectMeta: workloadMeta(w, configName(w)), Data: data}
}

func claimName(w *model.Workload, v *model.Volume) string { return w.Name + "-" + v.Name }

func claimSpec(q *quantities, v *model.Volume) corev1.PersistentVolumeClaimSpec {
	spec := corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: q.list(map[corev1.ResourceName]string{corev1.ResourceStorage: v.Size})},
	}
	if v.Class != "" {
		spec.StorageClassName = &v.Class
	}
	return spec
}

// persistentClaims are the claims of workloads whose pods share their volumes; StatefulSets make one for each pod.
func persistentClaims(q *quantities, s *model.Spec, w *model.Workload) []any {
	if w.Kind == model.StatefulSet {
		return nil
	}
	var claims []any
	for _, v := range w.Volumes {
		if v.Kind == model.Persistent {
			meta := workloadMeta(w, claimName(w, v))
			meta.Annotations = kept(s, w.Namespace)
			claims = append(claims, &corev1.PersistentVolumeClaim{TypeMeta: typeMeta("v1", "PersistentVolumeClaim"), ObjectMeta: meta, Spec: claimSpec(q, v)})
		}
	}
	return claims
}

func claimTemplates(q *quantities, w *model.Workload) []corev1.PersistentVolumeClaim {
	var claims []corev1.PersistentVolumeClaim
	for _, v := range w.Volumes {
		if v.Kind == model.Persistent {
			claims = append(claims, corev1.PersistentVolumeClaim{
				TypeMeta:   typeMeta("v1", "PersistentVolumeClaim"),
				ObjectMeta: metav1.ObjectMeta{Name: v.Name, Labels: workloadLabels(w)},
				Spec:       claimSpec(q, v),
			})
		}
	}
	return claims
}
