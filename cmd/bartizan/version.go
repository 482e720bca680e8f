package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print which version of Bartizan this is",
		Long:    "Version prints the version of this program and of the Go release that built it.",
		Example: "  bartizan version --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		version := "(unknown)"
		if info, ok := debug.ReadBuildInfo(); ok {
			version = info.Main.Version
		}
		if format.value == "json" {
			return s.out.json(map[string]string{"version": version, "go": runtime.Version()})
		}
		s.out.printf("bartizan %s, %s, %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}
	return cmd
}
