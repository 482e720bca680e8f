package model

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What two weakenings of one workload give ends with the last of them, and never where one of them only reports.
func TestRefusalBeginsWhenTheLastExceptionEnds(t *testing.T) {
	day := func(month time.Month) time.Time { return time.Date(2027, month, 1, 0, 0, 0, 0, time.UTC) }
	early := &Exception{Name: "early", Expires: day(1), OnExpiry: ExpiryRefuse}
	late := &Exception{Name: "late", Expires: day(5), OnExpiry: ExpiryRefuse}
	report := &Exception{Name: "report", Expires: day(2), OnExpiry: ExpiryReport}
	const web, db = "workload.shop.web", "workload.shop.db"
	weak := func(subject Address, attribute, key string, x *Exception) *Weakening {
		return &Weakening{Subject: subject, Attribute: attribute, Key: key, Exception: x}
	}
	spec := &Spec{Weakenings: []*Weakening{
		weak(web, "host.pid", "", early),
		weak(web, "security.privileged", "", late), weak(web, "security.privileged", "", early),
		weak(web, "host.paths", "/", early), weak(web, "host.paths", "/proc", report),
		weak(db, "security.run_as_root", "", report), weak(db, "security.run_as_root", "", late),
		weak(db, "security.unconfined", "", late), weak(db, "security.unconfined", "", report),
		weak(db, "host.ipc", "", nil),
		weak("namespace.shop", "namespace.pod_security", "", late), // no add-on runs there
		weak("registry.main", "registry.signed_by", "", late),
	}}
	want := map[Address]map[string]time.Time{
		web: {"pid": day(1), "privileged": day(5), "path /": day(1)},
		db:  {},
	}
	if diff := cmp.Diff(want, spec.RefusedFrom()); diff != "" {
		t.Error(diff)
	}
}

// What the language calls weak in a pod is what admission can refuse.
func TestEveryWeaknessOfAPodCanBeRefused(t *testing.T) {
	l := Load("testdata/everything", Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	ends := l.Spec.RefusedFrom()
	for subject, grants := range map[Address][]string{
		"workload.shop.web": {"network", "pid", "ipc", "port 8080", "path /var/log", "privileged", "escalation", "root", "unconfined", "capability NET_ADMIN", "capability CHOWN"},
		"workload.shop.db":  {"root", "escalation"},
	} {
		for _, grant := range grants {
			if ends[subject][grant].IsZero() {
				t.Errorf("%s: %s is never refused", subject, grant)
			}
		}
		if len(ends[subject]) != len(grants) {
			t.Errorf("%s: %v", subject, ends[subject])
		}
	}
}
