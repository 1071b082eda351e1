package templates

// What the scripts of web/ui rely on. Ids and data attributes are a contract; everything else may change.
//
// Canvas page:
//
//	<body data-page="canvas" data-flow="order">
//	#canvas            [data-flow] [data-step]   the script's root; holds a bar, the outline and the YAML with their forms until then, which
//	                   post to /flows/{name}/draft (source, etag) and /flows/{name}/publish (message)
//	#draft, #functions                           application/json: view.Draft, [view.Function]
//
// Run page:
//
//	<body data-page="run" data-run="{id}" data-flow="order">
//	#run-graph         the graph's root: holds the server's SVG until the script draws
//	#run               application/json: {"run": view.Run, "graph": view.Graph, "tall": the graph stands beside the steps}
//	#run-header, #run-steps, #run-detail, #run-inspector
//	                   merged with GET /runs/{id}/fragments/{parts}?step=&item=&attempt=&view=&items=&status=&class=, parts as header.steps.detail.inspector.data, which is #run
//	#items-box         the rows of a for_each: [data-item]; #next-failure and #previous-failure are what Shift J and Shift K follow
//	#run-steps         its rows: [data-step] [data-status], with .status (icon and .status-text), .attempts, .duration, .bar
//	#run-log           <ol> of events: li[data-seq]; #run-log-new is the "42 new" button
//	#live-state        [data-state=live|paused|ended]   text of the connection
//	.value             [data-value] [data-value-tag] [data-value-root] [data-value-label]   a value: its tree is made from the script in it, or from what the address answers
//	details[id]        are kept open across a swap
//	a[data-select]     select a step: its href has the URL to push; form[data-select] is a link whose query is typed
const _ = "documentation"
