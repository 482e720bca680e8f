package model_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// What programs read: the shape of `terraform validate -json`, with the address of the place and what was meant.
func TestReportForPrograms(t *testing.T) {
	native := `zone "a" { cidrs = ["10.0.0.0/8"] }
team "sre" { oidc_grup = "x" }
workload "shop" "web" {
  security { capabilities = ["NET_ADMIN", "NET_ADMN"] }
  ports = { dns = 53, http = 80800 }
  env = { KEY = "ghp_abcdefghijklmnopqrstuvwxyz0123456789" }
}
`
	type place struct{ Line, Column, Byte int }
	type diagnostic struct {
		Severity, Code, Summary, Detail, Address, Suggestion, Remedy string
		Range                                                        *struct {
			Filename   string
			Start, End place
		}
		Snippet *struct {
			Context, Code string
			Start         int `json:"highlight_start_offset"`
			End           int `json:"highlight_end_offset"`
		}
	}
	for _, spec := range []string{native, string(toJSON(t, "x", []byte(native)))} {
		l := model.Load("-", model.Options{Today: today, Stdin: strings.NewReader(spec)})
		var buf bytes.Buffer
		if err := l.WriteJSON(&buf); err != nil {
			t.Fatal(err)
		}
		var report struct {
			FormatVersion string `json:"format_version"`
			Valid         bool
			Errors        int `json:"error_count"`
			Warnings      int `json:"warning_count"`
			Diagnostics   []diagnostic
		}
		if err := json.Unmarshal(buf.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		if report.FormatVersion != "1.0" || report.Valid || report.Errors+report.Warnings != len(report.Diagnostics) || report.Errors != len(l.Diagnostics) {
			t.Errorf("head %+v", report)
		}
		if strings.Contains(buf.String(), "ghp_") {
			t.Error("the report shows the secret")
		}
		byCode := map[string]diagnostic{}
		for _, d := range report.Diagnostics {
			byCode[d.Code] = d
		}
		d := byCode["unknown-attribute"]
		if d.Severity != "error" || d.Address != "team.sre" && d.Address != "team.sre.oidc_grup" || d.Suggestion != "oidc_group" {
			t.Errorf("unknown attribute: %+v", d)
		}
		d = byCode["unknown-value"]
		if d.Address != "workload.shop.web.security.capabilities" || d.Suggestion != "NET_ADMIN" {
			t.Errorf("unknown value: %+v", d)
		}
		if d.Snippet == nil || d.Snippet.Code[d.Snippet.Start:d.Snippet.End] != `"NET_ADMN"` || d.Snippet.Context != `workload "shop" "web"` {
			t.Errorf("snippet: %+v", d.Snippet)
		}
		if d.Range == nil || spec[d.Range.Start.Byte:d.Range.End.Byte] != `"NET_ADMN"` || d.Range.Start.Line != strings.Count(spec[:d.Range.Start.Byte], "\n")+1 {
			t.Errorf("range: %+v", d.Range)
		}
		d = byCode["secret-in-specification"]
		if d.Snippet != nil || d.Address != `workload.shop.web.env["KEY"]` {
			t.Errorf("secret: %+v", d)
		}
		d = byCode["number-out-of-range"]
		if d.Address != `workload.shop.web.ports["http"]` {
			t.Errorf("entry of a map: %+v", d)
		}
		d = byCode["weakening-without-exception"]
		if !strings.HasPrefix(d.Remedy, "exception \"web\" {\n  allows  = [workload.shop.web.security.capabilities[\"NET_ADMIN\"]]\n") {
			t.Errorf("remedy: %q", d.Remedy)
		}
	}
}
