package templates

import "testing"

func TestProseKeepsCodeSpansAndLinksOnly(t *testing.T) {
	for in, want := range map[string]string{
		"run `bartizan explain ID` first":      "run `bartizan explain ID` first",
		"*not* <b>bold</b>":                    `\*not\* &lt;b&gt;bold&lt;/b&gt;`,
		"a `b":                                 "a \\`b",
		"see https://example.com/a_b/#c, then": "see <https://example.com/a_b/#c>, then",
		"(https://example.com/x).":             "(<https://example.com/x>).",
		"two\nlines | cell":                    `two lines \| cell`,
		"`a|b`":                                "`a\\|b`",
	} {
		if got := MarkdownProse(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAnchorsAreThoseOfGitHub(t *testing.T) {
	for in, want := range map[string]string{"workload.api_access": "workloadapi_access", "N-06: Run commands": "n-06-run-commands"} {
		if got := MarkdownAnchor(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
