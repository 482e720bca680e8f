package generate

import (
	"path"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bartizan-dev/bartizan/model"
)

// workload writes the objects of each workload that leaves them to us.
var workload = &Generator{
	Name: "workload",
	Doc: `workloads with complete security contexts

Every container says what it is, even where Kubernetes' default would do: user and group of its own, no privilege
escalation, no capabilities, a read-only root, the runtime's seccomp and AppArmor profiles, requests and limits. A
default may change and a reviewer must not need to know it. Fields that depend on the node (AppArmor, user namespaces)
are set where every node that the workload may run on supports them.`,
	Controls: []model.ControlID{
		model.PodRestricted, model.NoPrivileged, model.NoHostNamespaces, model.NoHostPaths, model.CapabilitiesDropped, model.NoAddedCapabilities,
		model.SeccompProfile, model.NonRoot, model.ReadOnlyRoot, model.SiblingIsolation, model.NoToken, model.OwnAccount,
		model.SecretsAsFiles, model.Limits, model.ImageDigest, model.ImageRegistry, model.PoolIsolation, model.RuntimeSandbox,
	},
	Kinds: slices.Concat(
		objectKinds("apps/v1", "Deployment", "StatefulSet", "DaemonSet"), objectKinds("batch/v1", "Job", "CronJob"),
		objectKinds("v1", "Service", "ConfigMap", "PersistentVolumeClaim"), objectKinds("policy/v1", "PodDisruptionBudget"), objectKinds("autoscaling/v2", "HorizontalPodAutoscaler"),
	),
	Run: runWorkloads,
}

func runWorkloads(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, w := range c.Workloads() {
			if w.Manifests != model.ManifestsGenerate && w.Manifests != "" {
				continue
			}
			if err := writeWorkload(p, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// controllerFile holds the object that makes a workload's pods.
const controllerFile = "workload.yaml"

func writeWorkload(p *Pass, w *model.Workload) error {
	dir := AppDir(w)
	p.Directory(Directory{
		Path:  dir,
		Title: "Workload " + w.Namespace.Name + "/" + w.Name,
		Doc:   "The pods of the workload and what belongs to them. What they may reach and do stands in the guard of the namespace.",
	})
	q := &quantities{}
	controller := controllerObject(q, w)
	file := path.Join(dir, controllerFile)
	if err := p.YAML(Artifact{Path: file, Doc: "the pods, with complete security contexts", Where: "the cluster"}, controller); err != nil {
		return err
	}
	if config := configMap(w); config != nil {
		if err := p.YAML(Artifact{Path: path.Join(dir, "config.yaml"), Doc: "configuration files", Where: "the cluster"}, config); err != nil {
			return err
		}
	}
	if claims := persistentClaims(q, p.Spec, w); len(claims) > 0 {
		if err := p.YAML(Artifact{Path: path.Join(dir, "volumes.yaml"), Doc: "persistent volumes", Where: "the cluster"}, claims...); err != nil {
			return err
		}
	}
	if services := serviceObjects(w); len(services) > 0 {
		if err := p.YAML(Artifact{Path: path.Join(dir, "service.yaml"), Doc: "the address inside the cluster", Where: "the cluster"}, services...); err != nil {
			return err
		}
	}
	if availability := availabilityObjects(w); len(availability) > 0 {
		if err := p.YAML(Artifact{Path: path.Join(dir, "availability.yaml"), Doc: "how many pods there are, and how many may go at once", Where: "the cluster"}, availability...); err != nil {
			return err
		}
	}
	if q.err != nil {
		return q.err
	}
	for _, control := range workloadClaims(w) {
		p.Claim(control, w.Addr(), file)
	}
	return nil
}

func controllerMeta(w *model.Workload) metav1.ObjectMeta {
	meta := workloadMeta(w, w.Name)
	if o := w.Namespace.Owner; o != nil {
		meta.Annotations = map[string]string{"bartizan.dev/contact": "group " + o.OIDCGroup}
	}
	return meta
}

func controllerObject(q *quantities, w *model.Workload) any {
	meta, template := controllerMeta(w), podTemplate(q, w)
	selector := &metav1.LabelSelector{MatchLabels: w.Selector}
	switch w.Kind {
	case model.StatefulSet:
		return &appsv1.StatefulSet{
			TypeMeta:   typeMeta("apps/v1", "StatefulSet"),
			ObjectMeta: meta,
			Spec: appsv1.StatefulSetSpec{
				Replicas:             replicas(w),
				Selector:             selector,
				Template:             template,
				ServiceName:          headlessName(w),
				VolumeClaimTemplates: claimTemplates(q, w),
				UpdateStrategy:       appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType},
				RevisionHistoryLimit: new(int32(5)),
				PodManagementPolicy:  appsv1.OrderedReadyPodManagement,
				PersistentVolumeClaimRetentionPolicy: &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
					WhenDeleted: appsv1.RetainPersistentVolumeClaimRetentionPolicyType,
					WhenScaled:  appsv1.RetainPersistentVolumeClaimRetentionPolicyType,
				},
			},
		}
	case model.DaemonSet:
		return &appsv1.DaemonSet{
			TypeMeta:   typeMeta("apps/v1", "DaemonSet"),
			ObjectMeta: meta,
			Spec: appsv1.DaemonSetSpec{
				Selector: selector,
				Template: template,
				UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
					Type:          appsv1.RollingUpdateDaemonSetStrategyType,
					RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: new(intstr.FromInt32(1))},
				},
				RevisionHistoryLimit: new(int32(5)),
			},
		}
	case model.Job:
		return &batchv1.Job{TypeMeta: typeMeta("batch/v1", "Job"), ObjectMeta: meta, Spec: jobSpec(template)}
	case model.CronJob:
		return &batchv1.CronJob{
			TypeMeta:   typeMeta("batch/v1", "CronJob"),
			ObjectMeta: meta,
			Spec: batchv1.CronJobSpec{
				Schedule:                   w.Schedule,
				ConcurrencyPolicy:          batchv1.ForbidConcurrent,
				StartingDeadlineSeconds:    new(int64(300)),
				SuccessfulJobsHistoryLimit: new(int32(3)),
				FailedJobsHistoryLimit:     new(int32(3)),
				JobTemplate: batchv1.JobTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: workloadLabels(w)},
					Spec:       jobSpec(template),
				},
			},
		}
	default:
		return &appsv1.Deployment{
			TypeMeta:   typeMeta("apps/v1", "Deployment"),
			ObjectMeta: meta,
			Spec: appsv1.DeploymentSpec{
				Replicas:                replicas(w),
				Selector:                selector,
				Template:                template,
				Strategy:                deploymentStrategy(w),
				RevisionHistoryLimit:    new(int32(5)),
				ProgressDeadlineSeconds: new(int32(600)),
			},
		}
	}
}

// replicas returns the fixed number of pods, or nil where an autoscaler sets it: two owners of one field fight.
func replicas(w *model.Workload) *int32 {
	if w.Scaling != nil {
		return nil
	}
	return new(int32(w.Replicas))
}

// jobSpec bounds a job in tries and in time.
func jobSpec(template corev1.PodTemplateSpec) batchv1.JobSpec {
	return batchv1.JobSpec{
		Template:              template,
		BackoffLimit:          new(int32(3)),
		ActiveDeadlineSeconds: new(int64(6 * 3600)),
	}
}

// deploymentStrategy replaces pods one by one without ever having fewer. A volume that one node at a time may write
// leaves no choice but to stop first.
func deploymentStrategy(w *model.Workload) appsv1.DeploymentStrategy {
	if hasPersistentVolume(w) {
		return appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	}
	return appsv1.DeploymentStrategy{
		Type: appsv1.RollingUpdateDeploymentStrategyType,
		RollingUpdate: &appsv1.RollingUpdateDeployment{
			MaxSurge:       new(intstr.FromInt32(1)),
			MaxUnavailable: new(intstr.FromInt32(0)),
		},
	}
}
