package generate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

// What comes from outside is listed by where it comes from; what comes from inside is not.
func TestWaysIntoTheClusterAreListedByThemselves(t *testing.T) {
	c := &model.Cluster{Name: "c"}
	n := &model.Namespace{Name: "shop", Cluster: c}
	c.Namespaces = []*model.Namespace{n}
	internet, office := &model.Zone{Name: model.InternetZone}, &model.Zone{Name: "office"}
	vpn := &model.VPN{Name: "wg"}
	g := &model.Gateway{Name: "public", Namespace: n, From: []model.Peer{internet, office}}
	inside := &model.Workload{Name: "inside", Namespace: n}
	w := &model.Workload{Name: "web", Namespace: n}
	http := &model.Port{Name: "http", Number: 8080, Protocol: model.TCP, Workload: w, From: []model.Peer{inside, vpn, &model.NodePool{Name: "control"}}}
	game := &model.Port{Name: "game", Number: 27015, Protocol: model.UDP, Workload: w, From: []model.Peer{internet}}
	w.Ports = []*model.Port{http, game}
	w.Exposes = []*model.Expose{{Host: "shop.example.com", Via: g, Port: http, Path: "/"}, {Host: "api.example.com", Via: g, Port: http, Path: "/v1"}}
	n.Workloads = []*model.Workload{inside, w}

	var got connectivityCluster
	got.entries(c)
	want := connectivityCluster{
		Public: []entryRow{
			{"zone.internet", "gateway.public", "shop.example.com", "workload.shop.web", "8080/TCP"},
			{"zone.internet", "gateway.public", "api.example.com/v1", "workload.shop.web", "8080/TCP"},
			{"zone.internet", "", "", "workload.shop.web", "27015/UDP"},
		},
		Private: []entryRow{
			{"zone.office", "gateway.public", "shop.example.com", "workload.shop.web", "8080/TCP"},
			{"zone.office", "gateway.public", "api.example.com/v1", "workload.shop.web", "8080/TCP"},
			{"vpn.wg", "", "", "workload.shop.web", "8080/TCP"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
