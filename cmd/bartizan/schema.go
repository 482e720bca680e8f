package main

import (
	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/model"
)

func newSchema(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of the JSON form",
		Long: `Schema prints the JSON schema (draft 2020-12) of *.bartizan.json files, for editors and for programs that write
specifications. It knows every block and attribute, with their documents and defaults. It never refuses what "bartizan
validate" takes, which knows more: names that exist, addresses that fit, weakenings without exception.`,
		Example: "  bartizan schema >bartizan.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := s.out.Write(model.JSONSchema())
			return err
		},
	}
}
