package generate

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestTheStatusIsLeftOutAndNothingElse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		object any
		want   string
	}{
		{"empty", &corev1.Pod{TypeMeta: typeMeta("v1", "Pod")}, "apiVersion: v1\nkind: Pod\nmetadata: {}\nspec:\n  containers: null\n"},
		{
			"filled", &corev1.Pod{TypeMeta: typeMeta("v1", "Pod"), Status: corev1.PodStatus{Message: "a\nb\n", Conditions: []corev1.PodCondition{{Type: "x"}}}},
			"apiVersion: v1\nkind: Pod\nmetadata: {}\nspec:\n  containers: null\n",
		},
		{"in the middle", map[string]any{"spec": 1, "status": map[string]any{"a": []int{1}}, "topology": "x"}, "spec: 1\ntopology: x\n"},
		{"inside", map[string]any{"a": map[string]any{"status": 1}}, "a:\n  status: 1\n"},
		{"in a text", &corev1.ConfigMap{TypeMeta: typeMeta("v1", "ConfigMap"), Data: map[string]string{"x": "y\nstatus: up\n"}}, "apiVersion: v1\ndata:\n  x: |\n    y\n    status: up\nkind: ConfigMap\nmetadata: {}\n"},
	} {
		got, err := YAML(tt.object)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.name, err, got, tt.want)
		}
	}
}
