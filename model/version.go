package model

import (
	"fmt"
	"strings"
)

// Version is a Kubernetes version. The specification gives a minor version; the patch release is the newest one that
// this version of Bartizan has been tested with.
type Version struct {
	Minor int // 36 in 1.36
	Patch int
}

// String returns the version as Kubernetes writes it: "v1.36.4".
func (v Version) String() string { return fmt.Sprintf("v1.%d.%d", v.Minor, v.Patch) }

// minorVersion is a minor version of Kubernetes that a specification may name.
type minorVersion struct {
	minor int
	patch int    // the newest patch release that was tested
	etcd  string // series of the etcd that its kubeadm installs: cmd/kubeadm/app/constants, DefaultEtcdVersion
}

// minorVersions are in ascending order, without gaps.
var minorVersions = []minorVersion{
	{34, 12, "3.6"},
	{35, 10, "3.6"},
	{36, 4, "3.6"},
	{37, 1, "3.7"},
}

// Feature is something that not every supported version of Kubernetes has. Together the features are all that
// generators and checks know about the differences between versions; what all supported versions have is no feature.
type Feature struct {
	Name  string // field, flag or behaviour, as upstream calls it
	Since int    // first minor version that has it without a feature gate
	Doc   string // what differs, and what is done where it is missing
}

// The differences that files depend on. Sources: the changelogs and API types of the versions.
var (
	PullCredentials = &Feature{"imagePullCredentialsVerificationPolicy", 35,
		"The kubelet asks the registry again before a pod gets an image that another pod's credentials have pulled (KEP-2535, on by default since 1.35). Before, the field is refused and left out."}
	TLSCurves = &Feature{"tls-curve-preferences", 36,
		"Servers take a list of key exchanges. Before, they offer those of the Go version that they are built with."}
	UnlimitedEvents = &Feature{"eventRecordQPS: 0", 37,
		"0 means that the kubelet writes events without a limit. Before, it means the default of the client library. A number above 0 is written in every version."}
)

// Features lists the differences between the supported versions, the oldest first.
var Features = []*Feature{PullCredentials, TLSCurves, UnlimitedEvents}

// Has reports whether the version has the feature.
func (v Version) Has(f *Feature) bool { return v.Minor >= f.Since }

// Etcd returns the series of etcd that kubeadm installs with the version: "3.6".
func (v Version) Etcd() string {
	for _, r := range minorVersions {
		if r.minor == v.Minor {
			return r.etcd
		}
	}
	return ""
}

// PodSecurity returns the version as policies of pod security are pinned to: "v1.36".
func (v Version) PodSecurity() string { return fmt.Sprintf("v1.%d", v.Minor) }

func (r minorVersion) name() string { return fmt.Sprintf("1.%d", r.minor) }

func parseVersion(s string) (Version, *problem) {
	var known []string
	for _, r := range minorVersions {
		known = append(known, r.name())
	}
	plain := strings.TrimPrefix(s, "v")
	for _, r := range minorVersions {
		switch {
		case s == r.name():
			return Version{r.minor, r.patch}, nil
		case plain == r.name():
			return Version{}, bad("Unknown version", "%q has a letter in front. Write %q.", s, r.name())
		case strings.HasPrefix(plain, r.name()+"."):
			return Version{}, bad("Unknown version", "%q names a patch release. Write the minor version, %q: the newest tested patch release, %s.%d, is chosen.", s, r.name(), r.name(), r.patch)
		}
	}
	oldest, newest := minorVersions[0], minorVersions[len(minorVersions)-1]
	var minor int
	if _, err := fmt.Sscanf(plain, "1.%d", &minor); err == nil && minor < oldest.minor {
		return Version{}, bad("Unknown version", "Kubernetes %q is older than what is supported here. Write %s; the oldest is %q.", s, oneOf(known), oldest.name())
	} else if err == nil && minor > newest.minor {
		return Version{}, bad("Unknown version", "Kubernetes %q is newer than what was tested here. Write %s; the newest is %q.", s, oneOf(known), newest.name())
	}
	return Version{}, bad("Unknown version", "%q is not a version of Kubernetes that is supported here. Write %s.%s", s, oneOf(known), didYouMean(s, known))
}
