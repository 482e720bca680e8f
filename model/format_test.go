package model

import "testing"

func TestFormat(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"x.bartizan.hcl", "zone \"a\" {\n cidrs=[ \"10.0.0.0/8\" ]\n}\n", "zone \"a\" {\n  cidrs = [\"10.0.0.0/8\"]\n}\n"},
		{"-", "a=1\n", "a = 1\n"},
		{"x.bartizan.json", `{"zone":{"a":{}}}`, "{\n  \"zone\": {\n    \"a\": {}\n  }\n}\n"},
		{"x.bartizan.hcl", "zone \"a\" {\n", ""},
	}
	for _, tt := range tests {
		got, loaded := Format(tt.name, []byte(tt.in))
		if string(got) != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
		if again, _ := Format(tt.name, got); got != nil && string(again) != string(got) {
			t.Errorf("%q: formatted twice is %q", tt.in, again)
		}
		if (got == nil) != loaded.HasErrors() {
			t.Errorf("%q: %s", tt.in, loaded.Text())
		}
	}
}
