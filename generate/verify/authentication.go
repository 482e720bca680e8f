package verify

import (
	"fmt"
	"slices"
	"strings"

	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var authentication = &Check{
	Name: "authentication",
	Doc: `anonymous requests reach health paths only, and people come through the declared identity provider

The API server must read the AuthenticationConfiguration that is judged, and the flag anonymous-auth, which excludes it,
must be absent. Conditions match whole paths, so the list may hold the three health paths and nothing else. Names from
the provider must carry a prefix: without one, somebody at the provider could become system:masters.
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration`,
	Controls: []model.ControlID{model.AnonymousLimited, model.OIDCLogin},
	Run:      runAuthentication,
}

const apiServerConfig = "apiserver.config.k8s.io/v1"

func runAuthentication(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		find := func(control model.ControlID, file, object string, format string, a ...any) {
			p.Find(Finding{Control: control, Subject: k.cluster.Addr(), Path: file, Object: object, Message: fmt.Sprintf(format, a...)})
		}
		var c apiserverv1.AuthenticationConfiguration
		file, err := k.readHardening("authentication-config", apiServerConfig, "AuthenticationConfiguration", &c)
		if err != nil {
			find(model.AnonymousLimited, file, "", "Authentication cannot be judged: %v.", err)
			find(model.OIDCLogin, file, "", "Authentication cannot be judged: %v.", err)
			continue
		}
		if wrong := anonymousWrong(c.Anonymous); wrong != "" {
			find(model.AnonymousLimited, file, "AuthenticationConfiguration: anonymous", "%s", wrong)
		} else {
			k.prove(model.AnonymousLimited, file)
		}
		if k.cluster.Identity.OIDC == nil {
			continue
		}
		if wrong := jwtWrong(c.JWT, k.cluster.Identity.OIDC); wrong != "" {
			find(model.OIDCLogin, file, "AuthenticationConfiguration: jwt", "%s", wrong)
		} else {
			k.prove(model.OIDCLogin, file)
		}
	}
}

func anonymousWrong(a *apiserverv1.AnonymousAuthConfig) string {
	switch {
	case a == nil:
		return "The field is missing, and then every anonymous request is answered as RBAC allows."
	case !a.Enabled:
		return ""
	case len(a.Conditions) == 0:
		return "There are no conditions, so anonymous requests reach every path."
	}
	for _, c := range a.Conditions {
		if !slices.Contains([]string{"/healthz", "/livez", "/readyz"}, c.Path) {
			return fmt.Sprintf("Anonymous requests reach %q, which is no health path.", c.Path)
		}
	}
	return ""
}

func jwtWrong(all []apiserverv1.JWTAuthenticator, o *model.OIDC) string {
	if len(all) != 1 {
		return fmt.Sprintf("One provider is declared, the file trusts %d.", len(all))
	}
	j := all[0]
	mapped := func(m apiserverv1.PrefixedClaimOrExpression, claim, prefix string) bool {
		return m.Expression == "" && m.Claim == claim && m.Prefix != nil && *m.Prefix == prefix
	}
	switch {
	case j.Issuer.URL != o.Issuer || !strings.HasPrefix(o.Issuer, "https://"):
		return fmt.Sprintf("The issuer is %q and not the declared %q.", j.Issuer.URL, o.Issuer)
	case j.Issuer.DiscoveryURL != nil || j.Issuer.CertificateAuthority != "" || j.Issuer.EgressSelectorType != "":
		return "The keys of the issuer come from elsewhere than the declared address."
	case !slices.Equal(j.Issuer.Audiences, []string{o.ClientID}):
		return fmt.Sprintf("The audiences are %q; tokens of other clients must not count.", j.Issuer.Audiences)
	case !mapped(j.ClaimMappings.Username, o.UsernameClaim, o.UsernamePrefix):
		return "The user name is not the declared claim with the declared prefix."
	case !mapped(j.ClaimMappings.Groups, o.GroupsClaim, o.GroupsPrefix):
		return "The groups are not the declared claim with the declared prefix."
	case o.UsernamePrefix == "" || o.GroupsPrefix == "" || strings.HasPrefix(o.UsernamePrefix, "system:") || strings.HasPrefix(o.GroupsPrefix, "system:"):
		return "A prefix is empty or begins with system:, so a name from the provider can be one of Kubernetes' own."
	case j.ClaimMappings.UID != (apiserverv1.ClaimOrExpression{}) || len(j.ClaimMappings.Extra) > 0:
		return "The provider's token sets more than name and groups."
	}
	return ""
}
