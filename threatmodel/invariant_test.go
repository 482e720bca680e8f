package threatmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

func TestCallersAreWhomTheProvedFilesLetIn(t *testing.T) {
	proved := model.Posture{{Control: model.IngressExact, Subject: "workload.shop.cart"}: {State: model.Proved}}
	for _, tt := range []struct {
		name    string
		change  func(*specimen)
		posture model.Posture
		without []Without
		to      model.Address
		who     []model.Address // nil: not known
		others  []model.Address
	}{
		{name: "a workload", to: "workload.shop.cart", who: []model.Address{"workload.shop.frontend"}},
		{name: "a port", to: "workload.shop.cart.port.http", who: []model.Address{"workload.shop.frontend"}},
		{
			name: "one more", to: "workload.shop.cart", change: func(f *specimen) { f.pay.Calls = append(f.pay.Calls, f.cart.Ports[0]) },
			who: []model.Address{"workload.shop.frontend", "workload.vault.pay"}, others: []model.Address{"workload.vault.pay"},
		},
		{
			name: "a whole namespace", to: "workload.shop.cart", change: func(f *specimen) { f.cart.Ports[0].From = []model.Peer{f.vault} },
			who: []model.Address{"namespace.vault", "workload.shop.frontend"}, others: []model.Address{"namespace.vault"},
		},
		{
			name: "with the addresses of its nodes", to: "workload.shop.cart", change: func(f *specimen) { f.frontend.Host.Network = true },
			who: []model.Address{"node_pool.general", "workload.shop.frontend"}, others: []model.Address{"node_pool.general"},
		},
		{name: "through ports of nodes", to: "workload.shop.cart", change: func(f *specimen) { f.cart.Host.Ports = []int{9100} }},
		{name: "not proved", to: "workload.shop.cart", posture: model.Posture{}},
		{name: "only stated", to: "workload.shop.cart", posture: model.Posture{{Control: model.IngressExact, Subject: "workload.shop.cart"}: {State: model.Attested}}},
		{name: "proved for another", to: "workload.vault.pay", posture: proved},
		{name: "without it", to: "workload.shop.cart", without: []Without{{Control: model.IngressExact}}},
		{name: "without it here", to: "workload.shop.cart.port.http", without: []Without{{Control: model.IngressExact, Subject: "workload.shop.cart"}}},
		{name: "without it elsewhere", to: "workload.shop.cart", without: []Without{{Control: model.IngressExact, Subject: "workload.vault.pay"}}, who: []model.Address{"workload.shop.frontend"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newSpecimen()
			if tt.change != nil {
				tt.change(f)
			}
			posture := proved
			if tt.posture != nil {
				posture = tt.posture
			}
			x := Build(f.spec).callers(posture, Options{Without: tt.without}, model.CallQuestion{To: tt.to, Only: []model.Address{"workload.shop.frontend"}})
			if known := x.Unknown == ""; known != (tt.who != nil) {
				t.Fatalf("known: %v, %q", known, x.Unknown)
			}
			if tt.who == nil {
				return
			}
			if d := cmp.Diff(tt.who, x.Who); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(append([]model.Address{}, tt.others...), x.Others); d != "" {
				t.Error(d)
			}
		})
	}
}
