package build

// The charts of add-ons, as their makers publish them, in a directory of their module.

// CertManager is cert-manager's chart. Its makers' release tool writes the version into it.
func CertManager() Component {
	return Component{Name: "cert-manager", Version: "v1.20.3", Module: "github.com/cert-manager/cert-manager", Data: []string{"deploy/charts/cert-manager"}}
}

// Charts are all of them.
func Charts() []Component { return []Component{CertManager()} }
