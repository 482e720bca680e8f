package model

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// secretPatterns are texts that are secrets by their form. What matches a pattern has one of its marks in it, in lower case:
// every text of a specification is looked at, and patterns are slow.
var secretPatterns = []struct {
	what    string
	marks   []string
	pattern *regexp.Regexp
}{
	{"a private key", []string{"private key"}, regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----`)},
	{"an AWS access key", []string{"akia", "asia"}, regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`)},
	{"a token of GitHub", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"}, regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})`)},
	{"a token of GitLab", []string{"glpat-", "gldt-", "glrt-", "glcbt-"}, regexp.MustCompile(`\bgl(pat|dt|rt|cbt)-[A-Za-z0-9_-]{20,}`)},
	{"a token of Slack", []string{"xox"}, regexp.MustCompile(`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`)},
	{"a JSON web token", []string{"eyj"}, regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+`)},
	{"a token of Vault", []string{"hvs.", "hvb.", "hvr."}, regexp.MustCompile(`\bhv[sbr]\.[A-Za-z0-9_-]{20,}`)},
	{"a secret key of age", []string{"-key-1"}, regexp.MustCompile(`(?i)\bAGE-SECRET-KEY-1[A-Z0-9]{50,}`)},
	{"an API key of Google", []string{"aiza"}, regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}\b`)},
	{"a secret key of Stripe", []string{"k_live_"}, regexp.MustCompile(`\b[rs]k_live_[A-Za-z0-9]{20,}`)},
	{"a URL with a password", []string{"://"}, regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s:@$<{]+@`)},
	{"a bootstrap token", []string{"."}, regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)},
}

// looksSecret says what secret the text looks like, or "".
func looksSecret(s string) string {
	if len(s) < 12 {
		return ""
	}
	lower := strings.ToLower(s)
	for _, p := range secretPatterns {
		if slices.ContainsFunc(p.marks, func(m string) bool { return strings.Contains(lower, m) }) && p.pattern.MatchString(s) {
			return p.what
		}
	}
	return ""
}

var (
	secretWords = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential|^pwd$|[_-]pwd$)`)
	// secretRefs are names of things that lead to a secret without being one.
	secretRefs = regexp.MustCompile(`(?i)[_-](file|path|dir|name|namespace|url|uri|endpoint|type|ttl|expiry|length|id|seconds|enabled)$`)
	plainValue = regexp.MustCompile(`^(/[\w./-]*|true|false|none|disabled|enabled|[0-9]{1,9}|)$`)
)

// secretNamed reports whether a value under this name is probably a secret: a password need not be random.
func secretNamed(name, v string) bool {
	if !secretWords.MatchString(name) || secretRefs.MatchString(name) || plainValue.MatchString(strings.ToLower(v)) {
		return false
	}
	return len(v) >= 6
}

// random reports whether text of at least 20 characters looks like the output of a random generator: Shannon entropy
// above 4.2 bits a character, letters of both cases and digits, no spaces, dots or slashes.
func random(s string) bool {
	if len(s) < 20 || strings.ContainsAny(s, " ./:,@") {
		return false
	}
	if !strings.ContainsAny(s, "0123456789") || strings.ToLower(s) == s || strings.ToUpper(s) == s {
		return false
	}
	counts := map[rune]float64{}
	for _, r := range s {
		counts[r]++
	}
	bits, n := 0.0, float64(len(s))
	for _, c := range counts {
		bits -= c / n * math.Log2(c/n)
	}
	return bits > 4.2
}
