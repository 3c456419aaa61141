/** Incidents as Tutti's own API and its metrics show them. Pure. */
import type { Incident as IncidentView } from "../api/ServiceApi.ts"
import type { Incident } from "../conductor/Incidents.ts"
import { formatMillis } from "../domain/Node.ts"
import { family } from "./FleetMetrics.ts"

export const isOpen = ({ closedAtMillis }: Incident): boolean => closedAtMillis === null

export const toIncident = (incident: Incident): IncidentView => ({
  number: incident.number,
  scopes: incident.scopes,
  opened_at: formatMillis(incident.openedAtMillis),
  closed_at: incident.closedAtMillis === null ? null : formatMillis(incident.closedAtMillis),
  part_of: incident.mergedInto,
  nodes: incident.nodes,
  failing: incident.failing,
  worst: incident.worst,
  changed: incident.changed
})

export const formatIncidents = (incidents: ReadonlyArray<Incident>): string => {
  const open = incidents.filter(isOpen)
  return [
    ...family("tutti_incidents_open", "gauge", "Outages of many BMCs at once that are open"),
    `tutti_incidents_open ${open.length}`,
    ...family("tutti_incident_failing_nodes", "gauge", "Nodes that fail in open incidents"),
    `tutti_incident_failing_nodes ${open.reduce((sum, { failing }) => sum + failing, 0)}`,
    ""
  ].join("\n")
}
