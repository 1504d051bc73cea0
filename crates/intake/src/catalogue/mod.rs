//! What can come in: forms (kinds of file), their fields, and every title by which a system calls a field.
//!
//! One row of a form may feed several entities: a DMS customer archive is a customer, a vehicle and an ownership; a
//! repair line is an order, an item, a vehicle and a deliverer.

mod field;
mod forms;

pub use field::{Field, FieldKind};

use kernel::vocab::{Entity, Source};

/// A form: the entity a file is about, and the columns it may have.
#[derive(Debug)]
pub struct Form {
    /// The entity a row of the file is, first of all.
    pub entity: Entity,
    /// Title for the console.
    pub zh: &'static str,
    /// Systems that export it.
    pub sources: &'static [Source],
    /// Fields and their titles; the first title of a field is the surest.
    pub fields: &'static [(Field, &'static [&'static str])],
}

impl Form {
    /// The form of an entity; vehicles, ownerships and items come inside the forms of their owners.
    pub fn of(entity: Entity) -> &'static Form {
        match entity {
            Entity::Customer | Entity::Vehicle | Entity::Ownership => &forms::CUSTOMER,
            Entity::Sale => &forms::SALE,
            Entity::RepairOrder | Entity::RepairItem => &forms::REPAIR_ORDER,
            Entity::Policy => &forms::POLICY,
            Entity::UsedCarDeal => &forms::USED_CAR_DEAL,
            Entity::Lead => &forms::LEAD,
            Entity::Employee => &forms::EMPLOYEE,
        }
    }

    /// Every form.
    pub fn all() -> [&'static Form; 7] {
        [
            &forms::CUSTOMER,
            &forms::SALE,
            &forms::REPAIR_ORDER,
            &forms::POLICY,
            &forms::USED_CAR_DEAL,
            &forms::LEAD,
            &forms::EMPLOYEE,
        ]
    }

    /// Sets of fields of which each needs at least one column before a file can be loaded without a person's eye.
    pub fn required(&self, source: Source) -> &'static [&'static [Field]] {
        use Field::*;
        match (self.entity, source) {
            (Entity::Customer, Source::Wecom) => &[&[ExternalUserid]],
            (Entity::Customer, Source::Paper) => &[&[Name], &[Page, Seq, CustomerNo]],
            (Entity::Customer, _) => &[&[CustomerNo], &[Name]],
            (Entity::Sale, _) => &[&[OrderNo], &[Vin]],
            (Entity::RepairOrder, Source::Paper) => &[&[OrderNo, Page, Seq], &[OpenedAt], &[Plate, Vin]],
            (Entity::RepairOrder, _) => &[&[OrderNo], &[OpenedAt], &[Vin, Plate]],
            (Entity::Policy, _) => &[&[CompulsoryNo, CommercialNo], &[Vin, Plate]],
            (Entity::UsedCarDeal, _) => &[&[DealNo], &[Vin, Plate]],
            (Entity::Lead, _) => &[&[LeadNo], &[Name, Mobile]],
            (Entity::Employee, _) => &[&[EmployeeNo], &[Name]],
            _ => &[],
        }
    }

    /// True if a field belongs to the form.
    pub fn has(&self, field: Field) -> bool {
        self.fields.iter().any(|(f, _)| *f == field)
    }
}
