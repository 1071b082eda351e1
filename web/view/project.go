package view

import "time"

// Project is how a server's project folder stands: what came of the last look at it.
type Project struct {
	Watching  bool             `json:"watching"` // false: the server was started without a folder
	Folder    string           `json:"folder,omitempty"`
	AppliedAt *time.Time       `json:"applied_at,omitempty"` // when the folder last was applied whole
	Problems  []ProjectProblem `json:"problems"`             // while there are any, nothing of the folder is applied
	Notes     []string         `json:"notes"`                // sentences on what a person may want to know of the last time it was applied
}

// ProjectProblem is what keeps a project folder from being applied, at a place in it.
type ProjectProblem struct {
	File    string `json:"file,omitempty"` // within the folder, with slashes; empty if it is no file's
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}
