package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"gotrain/internal/diag"
)

func newSchemaCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a config, for editors",
		Long: `Print the JSON Schema (draft 2020-12) of a config. An editor with a YAML language server
then completes keys, shows their help and marks mistakes as you type:

  gotrain schema > gotrain.schema.json

and, as the first line of a config,

  # yaml-language-server: $schema=gotrain.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			enc := json.NewEncoder(t.out)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(schema()); err != nil {
				return &diag.EnvError{Text: "the schema could not be written", Err: err}
			}
			return nil
		},
	}
}
