package model

import (
	"strings"
	"testing"
)

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

// Each form of a secret is found by its pattern, and what a pattern finds has one of its marks.
func TestMarksHideNoSecret(t *testing.T) {
	found := map[string]bool{}
	for _, text := range []string{
		"-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----",
		"AKIA" + strings.Repeat("A", 16), "ASIA" + strings.Repeat("7", 16),
		"ghp_" + strings.Repeat("a", 36), "gho_" + strings.Repeat("a", 36), "ghu_" + strings.Repeat("a", 36), "ghs_" + strings.Repeat("a", 36), "ghr_" + strings.Repeat("a", 36),
		"github_pat_" + strings.Repeat("a", 22), "glpat-" + strings.Repeat("a", 20), "gldt-" + strings.Repeat("a", 20), "glrt-" + strings.Repeat("a", 20), "glcbt-" + strings.Repeat("a", 20),
		"xoxa-" + strings.Repeat("1", 10), "xoxs-" + strings.Repeat("1", 10), "eyJ" + strings.Repeat("a", 8) + ".eyJ" + strings.Repeat("b", 8) + ".c",
		"hvs." + strings.Repeat("a", 20), "hvb." + strings.Repeat("a", 20), "hvr." + strings.Repeat("a", 20),
		"AGE-SECRET-KEY-1" + strings.Repeat("Q", 50), "age-secret-key-1" + strings.Repeat("q", 50), "age-\u017fecret-\u212aey-1" + strings.Repeat("q", 50),
		"AIza" + strings.Repeat("a", 35), "rk_live_" + strings.Repeat("a", 20), "sk_live_" + strings.Repeat("a", 20),
		"postgres://user:changeit@db.example.com", "abcdef.0123456789abcdef",
	} {
		want := ""
		for _, p := range secretPatterns {
			if want == "" && p.pattern.MatchString(text) {
				want = p.what
			}
		}
		if got := looksSecret(text); want == "" || got != want {
			t.Errorf("%q looks like %q, and its pattern says %q", text, got, want)
		}
		found[want] = true
	}
	for _, p := range secretPatterns {
		if !found[p.what] {
			t.Errorf("%s is not tried", p.what)
		}
	}
}
