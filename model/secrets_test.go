package model

import "testing"

func TestNamesThatLeadToSecretsAreNotSecrets(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"DB_PASSWORD", "changeit", true},
		{"--admin-password", "changeit", true},
		{"--api-key", "abcdef123", true},
		{"DB_PASSWORD_FILE", "relative/file", false},
		{"--dynamic-serving-ca-secret-namespace", "cert-manager", false},
		{"--dynamic-serving-ca-secret-name", "webhook-ca", false},
		{"--token-cache-dir", "cache/dir", false},
		{"PATH", "changeit", false},
	} {
		if got := secretNamed(c.name, c.value); got != c.want {
			t.Errorf("secretNamed(%q, %q) = %v, want %v", c.name, c.value, got, c.want)
		}
	}
}
