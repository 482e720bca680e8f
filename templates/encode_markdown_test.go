package templates

import "testing"

func TestMarkdownCodeCannotBeLeft(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"a.yaml":       "`a.yaml`",
		"a|b":          "`a\\|b`",
		"a`b":          "`` a`b ``",
		"a```b":        "```` a```b ````",
		"two\nlines":   "`two lines`",
		"<script>":     "`<script>`",
		"x``y``` z ``": "```` x``y``` z `` ````",
	} {
		if got := MarkdownCode(in); got != want {
			t.Errorf("MarkdownCode(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLinkPathKeepsSlashesOnly(t *testing.T) {
	for in, want := range map[string]string{
		"a/b.md":           "a/b.md",
		"a b/(c).md":       "a%20b/%28c%29.md",
		"x]y":              "x%5Dy",
		"a?b#c":            "a%3Fb%23c",
		"clusters/shop/x:": "clusters/shop/x:",
	} {
		if got := LinkPath(in); got != want {
			t.Errorf("LinkPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCodeBlockCannotBeClosedFromWithin(t *testing.T) {
	if got := CodeBlock("a\n```\nb"); got == "a\n```\nb" {
		t.Errorf("a fence in the value stays a fence: %q", got)
	}
}

// A value may be the whole of a paragraph.
func TestMarkdownBeginsNoBlock(t *testing.T) {
	for in, want := range map[string]string{
		"---": `\---`, "- a": `\- a`, "+ a": `\+ a`, "===": `\===`, "-": `\-`, "- - -": `\- - -`, "1. a": `1\. a`, "12) a": `12\) a`,
		"    a": "a", "     - a": `\- a`, " - a": ` \- a`, "-rf": "-rf", "--flag a": "--flag a", "1.5": "1.5", "a - b": "a - b", "2026-11-21": "2026-11-21", "": "",
	} {
		if got := Markdown(in); got != want {
			t.Errorf("Markdown(%q) = %q, want %q", in, got, want)
		}
	}
}
